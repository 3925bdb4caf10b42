import { describe, expect, it } from "vitest";

import { fieldFrom, nodesFrom } from "@/pages/revisions/field";
import { bodyFrom, fieldsText } from "@/pages/revisions/fields_json";
import { YAML_NOTATION } from "@/pages/revisions/fields_yaml";
import { Written } from "@/text/json";

const TEXT = `event_name:
  - /event
  - /type
fields:
  - key: type
    type: STRING
    presence: required
  - key: items
    type: ARRAY_OBJECT
    presence: optional
    fields:
      - key: count
        type: INT
        presence: default
        default: 9007199254740993
  - key: page
    type: JSON
    presence: optional
    from: Coupon Code
    when:
      /type:
        - page
        - "yes"
      /n:
        - 1
        - true
    rules:
      - rule: kinds
        value:
          - object
`;

function faults(text: string): [number, string][] {
  return (bodyFrom(text, YAML_NOTATION).faults ?? []).map(({ line, message }) => [line, message]);
}

describe("fields as YAML", () => {
  it("are the same text again, with every number as it was written", () => {
    const { body } = bodyFrom(TEXT, YAML_NOTATION);
    const fields = nodesFrom(body?.fields ?? [], { id: 1 }).map(fieldFrom);
    expect(fields[1]?.fields?.[0]?.default).toEqual(new Written("9007199254740993"));
    expect(fieldsText(body?.event_name ?? [], fields, YAML_NOTATION)).toBe(TEXT);
  });

  it("have the line of each fault", () => {
    expect(faults("fields:\n  - key: a\n    type: TEXT\n  - key: b\n    type: INT\n    nmae: x\n")).toEqual([
      [3, expect.stringContaining("“type” must be one of STRING")],
      [6, "“nmae” is not known here."],
    ]);
    expect(faults("fields:\n  - key: a\n    type: INT\n  - [b\n")).toEqual([
      [expect.any(Number), expect.stringContaining("This can’t be read: ")],
    ]);
    expect(faults("")).toEqual([[1, "Write an object with “event_name” and “fields”."]]);
  });
});
