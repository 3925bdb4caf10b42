import { describe, expect, it } from "vitest";

import { bodyOf, samplesOf } from "@/pages/revisions/sources";

const given = { name: "", choice: null, text: "" };

describe("what a revision is made from", () => {
  it("takes samples as an object, an array or lines", () => {
    expect(samplesOf('{"a": 1}')).toEqual([{ a: 1 }]);
    expect(samplesOf('[{"a": 1}, {"b": 2}]')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(samplesOf('{"a": 1}\n\n{"b": 2}\n')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it.each(["", "x", "1", "[1]", "[]", '{"a": 1}\nx'])("refuses %j as samples", (text) => {
    expect(samplesOf(text)).toBeNull();
  });

  it("names what is wrong instead of sending it", () => {
    expect(bodyOf("json_schema", { ...given, text: "[]" })).toBe("Must be a JSON object.");
    expect(bodyOf("samples", { ...given, text: "x" })).toContain("Must be");
  });

  it("leaves out a name that is empty", () => {
    expect(bodyOf("blank", given)).toEqual({});
    expect(bodyOf("clone", { ...given, name: "Next", choice: "rev_1" })).toEqual({ name: "Next", clone_of: "rev_1" });
  });
});
