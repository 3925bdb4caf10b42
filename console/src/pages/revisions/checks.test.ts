import { describe, expect, it } from "vitest";

import { faultsOf, boundsFault } from "@/pages/revisions/checks";
import { fieldFrom, nodesFrom, type SchemaField, type Node } from "@/pages/revisions/field";
import { readJson, writeJson } from "@/text/json";

function faults(...fields: object[]): string[] {
  const nodes = nodesFrom(fields as unknown as SchemaField[], { id: 1 });
  return [...faultsOf(nodes)].flatMap(([id, found]) => found.map(({ property }) => `${id} ${property}`));
}

const rule = (name: string, value: unknown) => ({ rule: name, value });

describe("what is told while typing", () => {
  it("finds nothing wrong with a sound tree", () => {
    expect(
      faults(
        { key: "a", type: "STRING", presence: "macro", macro: "uuid" },
        { key: "b", type: "ARRAY_INT", presence: "default", default: [1, 2], rules: [rule("max_items", 3)] },
        { key: "c", type: "DATETIME", presence: "default", default: "2024-02-29 23:59:59.5" },
        { key: "d", type: "OBJECT", presence: "default", fields: [{ key: "a", type: "BOOLEAN" }] },
        { key: "_event_id", type: "OBJECT", fields: [{ key: "_event_id", type: "INT" }] },
      ),
    ).toEqual(["5 key".replace("5", "6")]);
  });

  it.each([
    ["", "1 key"],
    ["Big", "1 key"],
    ["1st", "1 key"],
    ["_received_at", "1 key"],
    ["_table_x", "1 key"],
    ["a".repeat(129), "1 key"],
  ])("refuses the key %j", (key, fault) => {
    expect(faults({ key, type: "STRING" })).toEqual([fault]);
  });

  it("refuses a key twice among siblings, not below another parent", () => {
    expect(faults({ key: "a", type: "STRING" }, { key: "a", type: "INT" })).toEqual(["1 key", "2 key"]);
    const child = { key: "a", type: "INT" };
    expect(faults({ key: "a", type: "OBJECT", fields: [child] })).toEqual([]);
  });

  it("wants children, and no eleventh level", () => {
    expect(faults({ key: "a", type: "OBJECT" })).toEqual(["1 fields"]);
    const nested = (levels: number): object =>
      levels === 1 ? { key: "a", type: "INT" } : { key: "a", type: "OBJECT", fields: [nested(levels - 1)] };
    expect(faults(nested(10))).toEqual([]);
    expect(faults(nested(11))).toEqual(["10 type"]);
  });

  it.each(["messageId", "Coupon Code", "$set", "日本", "/context/library/name", "/a~1b", "k".repeat(256)])(
    "lets a value stand at %j",
    (from) => {
      expect(faults({ key: "a", type: "STRING", from })).toEqual([]);
    },
  );

  it.each(["a\nb", "\ud800", "k".repeat(257), "/a~2", "/a~", "/1/2/3/4/5/6/7/8/9"])(
    "lets no value stand at %j",
    (from) => {
      expect(faults({ key: "a", type: "STRING", from })).toEqual(["1 from"]);
    },
  );

  it("limits fields of the first level to some events", () => {
    const when = (conditions: object) => faults({ key: "a", type: "STRING", when: conditions });
    expect(when({ "/type": ["track"], "/n": [1, true, "x"] })).toEqual([]);
    expect(when({ type: ["track"] })).toEqual(["1 when.0"]);
    expect(when({ "/type": [] })).toEqual(["1 when.0"]);
    expect(when({ "/type": ["a", "a"] })).toEqual(["1 when.0"]);
    expect(when({ "/type": [1.5] })).toEqual(["1 when.0"]);
    expect(when({ "/type": Array.from({ length: 51 }, (_, index) => `v${index}`) })).toEqual(["1 when.0"]);
    const child = { key: "a", type: "STRING", when: { "/type": ["a"] } };
    expect(faults({ key: "a", type: "OBJECT", fields: [child] })).toEqual(["2 when"]);
  });

  it("counts the pointers of all conditions, and the fields that have one", () => {
    const fields = (count: number, pointers: number) =>
      nodesFrom(
        Array.from({ length: count }, (_, index) => ({
          key: `a${index}`,
          type: "STRING" as const,
          when: { [`/p${index % pointers}`]: ["x"] },
        })),
        { id: 1 },
      );
    expect(boundsFault(fields(200, 3))).toBeNull();
    expect(boundsFault(fields(200, 4))).toContain("3 pointers");
    expect(boundsFault(fields(201, 3))).toContain("200 fields");
  });

  it.each([
    ["STRING", "format", "email", "mail"],
    ["JSON", "kinds", ["object", "array"], ["object", "null"]],
    ["JSON", "value_kinds", ["string", "null"], ["list"]],
    ["ARRAY_JSON", "element_kinds", ["number", "null"], []],
    ["JSON", "format", "date_time", "moment"],
    ["JSON", "min_properties", 1, -1],
    ["ARRAY_STRING", "unique_items", true, false],
    ["INT", "multiple_of", 5, 0],
    ["STRING", "max_bytes", 10, 1.5],
    ["FLOAT", "one_of", [1.5, 2], [1, "1"]],
    ["BOOLEAN", "one_of", [true], ["true", "x"]],
    ["DATE", "one_of", ["2024-02-29"], ["2023-02-29"]],
  ])("takes the rules of the second edition: %s %s", (type, name, sound, broken) => {
    expect(faults({ key: "a", type, rules: [rule(name, sound)] })).toEqual([]);
    expect(faults({ key: "a", type, rules: [rule(name, broken)] })).toEqual(["1 rules.0"]);
  });

  it.each([
    ["unix_seconds", 1764063000, 1764063000000],
    ["unix_milliseconds", 1764063000000, 1764063000000000],
    ["unix_microseconds", 1764063000000000, 0.5],
    ["rfc3339", "2026-11-25t09:30:00.123456789+02:00", "2026-11-25T09:30:60Z"],
  ])("holds a default against how a TIMESTAMP is sent: %s", (format, sound, broken) => {
    const field = { key: "a", type: "TIMESTAMP", format, presence: "default" };
    expect(faults({ ...field, default: sound })).toEqual([]);
    expect(faults({ ...field, default: broken })).toEqual(["1 default"]);
  });

  it.each([
    ["INT", "1.5"],
    ["INT", '"1"'],
    ["FLOAT", "true"],
    ["BOOLEAN", "yes"],
    ["DATETIME", "2023-02-29 00:00:00"],
    ["DATETIME", "2024-01-01"],
    ["TIMESTAMP", "x"],
    ["ARRAY_STRING", '["a", 1]'],
    ["ARRAY_INT", "1"],
    ["INT", ""],
    ["DATE", "2024-02-30"],
    ["ARRAY_BOOLEAN", "[1]"],
    ["ARRAY_DATE", '["2024-13-01"]'],
  ])("refuses a %s whose default is %j", (type, text) => {
    const [node] = nodesFrom([{ key: "a", type: "STRING" }] as unknown as SchemaField[], { id: 1 });
    const nodes = [{ ...node, type, presence: "default", default: text }] as Parameters<typeof faultsOf>[0];
    expect([...faultsOf(nodes).values()].flat().map(({ property }) => property)).toEqual(["default"]);
  });

  it.each([
    [rule("one_of", ["a", "b"]), "c"],
    [rule("max_length", 1), "ab"],
    [rule("min_length", 2), "😀"],
    [rule("max_bytes", 3), "😀"],
  ])("refuses a default that breaks its rule %j", (broken, text) => {
    expect(faults({ key: "a", type: "STRING", presence: "default", default: text, rules: [broken] })).toEqual([
      "1 default",
    ]);
  });

  it("refuses rules that contradict, repeat or have no fitting argument", () => {
    expect(faults({ key: "a", type: "INT", rules: [rule("min_value", 2), rule("max_value", 1)] })).toEqual([
      "1 rules.1",
    ]);
    expect(faults({ key: "a", type: "INT", rules: [rule("min_value", 2), rule("min_value", 1)] })).toEqual([
      "1 rules.1",
    ]);
    expect(faults({ key: "a", type: "STRING", rules: [rule("regex", "(?=x)")] })).toEqual(["1 rules.0"]);
    expect(faults({ key: "a", type: "STRING", rules: [rule("regex", "(a)\\1")] })).toEqual(["1 rules.0"]);
    expect(faults({ key: "a", type: "STRING", rules: [rule("regex", "\\\\1"), rule("regex", "a+")] })).toEqual([]);
    expect(faults({ key: "a", type: "ARRAY_INT", rules: [rule("one_of", [1, 1])] })).toEqual(["1 rules.0"]);
    expect(faults({ key: "a", type: "STRING", rules: [rule("min_length", -1)] })).toEqual(["1 rules.0"]);
  });

  it("tells whole numbers of 64 bits apart to the last digit", () => {
    const int = (text: string, ...rules: [string, string][]) => {
      const node = {
        ...nodesFrom([{ key: "a", type: "INT", presence: "default" }], { id: 1 })[0],
        default: text,
        rules: rules.map(([name, argument]) => ({ rule: name, text: argument })),
      } as Node;
      return (faultsOf([node]).get(1) ?? []).map(({ property, message }) => `${property} ${message}`);
    };
    expect(int("9223372036854775807")).toEqual([]);
    expect(int("-9223372036854775808")).toEqual([]);
    expect(int("9223372036854775808")).toEqual(["default Beyond 64 bits."]);
    expect(int("9007199254740993", ["max_value", "9007199254740993"])).toEqual([]);
    expect(int("9007199254740993", ["max_value", "9007199254740992"])).toEqual([
      "default It breaks the rule max_value.",
    ]);
    expect(int("9007199254740993", ["one_of", "9007199254740992\n9007199254740993"])).toEqual([]);
    expect(int("9007199254740993", ["one_of", "9007199254740992"])).toEqual(["default It breaks the rule one_of."]);
    const reversed: [string, string][] = [
      ["min_value", "9007199254740993"],
      ["max_value", "9007199254740992"],
    ];
    expect(int("1", ...reversed)).toContain("rules.1 No value satisfies both: min_value lies above max_value.");
  });

  it("gives back every number as it came", () => {
    const text =
      '[{"key":"a","type":"INT","presence":"default","default":9007199254740993,' +
      '"rules":[{"rule":"min_value","value":-9223372036854775808},{"rule":"one_of","value":[9223372036854775807]}]}]';
    const nodes = nodesFrom(readJson(text) as SchemaField[], { id: 1 });
    expect(writeJson(nodes.map(fieldFrom))).toBe(text);
  });

  it("counts all levels against the limit", () => {
    const children = Array.from({ length: 1_999 }, (_, index) => ({ key: `k${index}`, type: "INT" }));
    const tree = (more: object[]) =>
      nodesFrom([{ key: "a", type: "OBJECT", fields: children }, ...more] as unknown as SchemaField[], { id: 1 });
    expect(boundsFault(tree([]))).toBeNull();
    expect(boundsFault(tree([{ key: "b", type: "INT" }]))).toContain("2,001");
  });
});
