import { describe, expect, it } from "vitest";

import { bodyOf } from "@/pages/revisions/sources";
import { writeJson } from "@/text/json";

const given = { name: "", choice: null, template: null, plan: "", text: "", kindsBy: [] };

describe("what a revision is made from", () => {
  it("names what is wrong instead of sending it", () => {
    expect(bodyOf("json_schema", { ...given, text: "[]" })).toBe("Must be a JSON object.");
    expect(bodyOf("samples", { ...given, text: "x" })).toContain("not JSON");
  });

  it("sends the pointers that tell kinds of events apart, where there are any", () => {
    const text = '{"type": "page"}';
    expect(bodyOf("samples", { ...given, text })).not.toHaveProperty("kinds_by");
    expect(bodyOf("samples", { ...given, text, kindsBy: ["/type"] })).toMatchObject({ kinds_by: ["/type"] });
  });

  it("leaves out a name that is empty", () => {
    expect(bodyOf("blank", given)).toEqual({});
    expect(bodyOf("clone", { ...given, name: "Next", choice: "rev_1" })).toEqual({ name: "Next", clone_of: "rev_1" });
  });

  it("takes any template, and with one a plan as it is written", () => {
    const segment = { ...given, template: "segment" as const };
    expect(bodyOf("template", given)).toBe("Choose a template.");
    expect(bodyOf("template", segment)).toEqual({ template: "segment" });
    expect(bodyOf("template", { ...segment, plan: "Order: []" })).toContain("Must be a JSON object");
    const body = bodyOf("template", { ...segment, plan: '{"Order": [{"total": 1.10}]}' });
    expect(writeJson(body)).toBe('{"template":"segment","plan":{"Order": [{"total": 1.10}]}}');
  });
});
