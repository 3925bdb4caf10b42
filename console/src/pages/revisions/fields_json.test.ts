import { describe, expect, it } from "vitest";

import { bodyFrom, fieldsText } from "@/pages/revisions/fields_json";
import { fieldFrom, nodesFrom } from "@/pages/revisions/field";
import { Written } from "@/text/json";

const TEXT = `{
  "event_name": ["/event", "/type"],
  "fields": [
    {"key": "type", "type": "STRING", "presence": "required"},
    {
      "key": "items",
      "type": "ARRAY_OBJECT",
      "presence": "optional",
      "fields": [
        {"key": "count", "type": "INT", "presence": "default", "default": 9007199254740993}
      ]
    },
    {
      "key": "page",
      "type": "JSON",
      "presence": "optional",
      "from": "properties",
      "when": {"/type": ["page"], "/n": [1, true]},
      "rules": [{"rule": "kinds", "value": ["object"]}]
    }
  ]
}`;

function faults(text: string): [number, string][] {
  return (bodyFrom(text).faults ?? []).map(({ line, message }) => [line, message]);
}

function ofField(field: object): string[] {
  return faults(JSON.stringify({ fields: [field] })).map(([, message]) => message);
}

describe("fields as JSON", () => {
  it("are the same text again, with every number as it was written", () => {
    const { body } = bodyFrom(TEXT);
    const fields = nodesFrom(body?.fields ?? [], { id: 1 }).map(fieldFrom);
    expect(fieldsText(body?.event_name ?? [], fields)).toBe(TEXT);
    expect(fields[1]?.fields?.[0]?.default).toEqual(new Written("9007199254740993"));
  });

  it("leave the event name as it is if they do not name it", () => {
    expect(bodyFrom('{"fields": []}').body).toEqual({ event_name: null, fields: [] });
  });

  it("have the line where the text stops being JSON", () => {
    expect(faults('{\n "fields": [\n  {"key": "a" "type": "INT"}\n ]\n}')).toEqual([
      [3, "This is not JSON: expected a comma or }."],
    ]);
    expect(faults("")).toEqual([[1, "This is not JSON: expected a value."]]);
  });

  it("have the line of each fault", () => {
    const text = `{
      "fields": [
        {"key": "a", "type": "INT"},
        {"key": "b", "type": "TEXT", "name": 1},
        {"type": "OBJECT", "fields": [
          {"key": "c", "type": "STRING",
           "rules": [{"rule": "min_length", "value": 1}, {"rule": "least", "value": 1}]}]},
        7
      ]
    }`;
    expect(faults(text).map(([line, message]) => [line, message.split(" ").slice(0, 3).join(" ")])).toEqual([
      [4, "“name” is not"],
      [4, "“type” must be"],
      [5, "“key” is missing."],
      [7, "“rule” must be"],
      [8, "A field is"],
    ]);
  });

  it.each([
    [{ key: "a", type: "INT", default: 1 }, "“default” needs “presence” “default”."],
    [{ key: "a", type: "INT", presence: "default", default: "1" }, "“default” does not fit the type."],
    [{ key: "a", type: "STRING", presence: "optional", macro: "uuid" }, "“macro” needs “presence” “macro”."],
    [{ key: "a", type: "STRING", fields: [] }, "Only OBJECT and ARRAY_OBJECT have “fields”."],
    [{ key: "a", type: "STRING", when: { "/b": "c" } }, "“when” must be an object from pointer to a list of values."],
    [{ key: "a", type: "STRING", rules: [{ rule: "one_of", value: [1] }] }, "“rules” does not fit the type."],
  ])("lose nothing without a word: %j", (field, message) => {
    expect(ofField(field)).toEqual([message]);
  });

  it.each([
    "[]",
    "7",
    '{"event_name": "/a", "fields": []}',
    '{"event_name": ["a"], "fields": []}',
    "{}",
    '{"a": 1, "fields": []}',
  ])("are an object of fields and event name: %s", (text) => {
    expect(faults(text)).toHaveLength(1);
  });

  it("end at the last level, however deep the text is", () => {
    const depth = 5_000;
    const text = `{"fields": ${'[{"key": "a", "type": "OBJECT", "fields": '.repeat(depth)}[]${"}]".repeat(depth)}}`;
    expect(faults(text)).toEqual([[1, "Fields have at most 10 levels."]]);
    const value = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const rules = `[{"rule": "one_of", "value": ${value}}]`;
    expect(faults(`{"fields": [{"key": "a", "type": "JSON", "default": ${value}, "rules": ${rules}}]}`)).toHaveLength(
      2,
    );
  });
});
