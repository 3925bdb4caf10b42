import { describe, expect, it } from "vitest";

import { faultsOf, tooMany } from "@/pages/revisions/checks";
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

  it("wants children, and no fourth level", () => {
    expect(faults({ key: "a", type: "OBJECT" })).toEqual(["1 fields"]);
    const third = { key: "c", type: "OBJECT", fields: [{ key: "d", type: "INT" }] };
    const second = { key: "b", type: "OBJECT", fields: [third] };
    expect(faults({ key: "a", type: "OBJECT", fields: [second] })).toEqual(["3 type"]);
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
  ])("refuses a %s whose default is %j", (type, text) => {
    const [node] = nodesFrom([{ key: "a", type: "STRING" }] as unknown as SchemaField[], { id: 1 });
    const nodes = [{ ...node, type, presence: "default", default: text }] as Parameters<typeof faultsOf>[0];
    expect([...faultsOf(nodes).values()].flat().map(({ property }) => property)).toEqual(["default"]);
  });

  it.each([
    [rule("one_of", ["a", "b"]), "c"],
    [rule("max_length", 1), "ab"],
    [rule("min_length", 2), "😀"],
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
    const children = Array.from({ length: 749 }, (_, index) => ({ key: `k${index}`, type: "INT" }));
    const tree = (more: object[]) =>
      nodesFrom([{ key: "a", type: "OBJECT", fields: children }, ...more] as unknown as SchemaField[], { id: 1 });
    expect(tooMany(tree([]))).toBeNull();
    expect(tooMany(tree([{ key: "b", type: "INT" }]))).toContain("751");
  });
});
