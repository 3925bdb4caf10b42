import { describe, expect, it } from "vitest";

import type { Node } from "@/pages/revisions/field";
import { factsOf, whenText } from "@/pages/revisions/facts";

const PRICE: Node = {
  id: 1,
  key: "price",
  from: "",
  type: "FLOAT",
  format: "",
  presence: "optional",
  description: "",
  default: "",
  macro: "",
  protect: "",
  when: [],
  rules: [],
  fields: [],
};

describe("factsOf", () => {
  it("says presence, every rule with its argument, and the description", () => {
    const rules = [
      { rule: "min_value" as const, text: "0" },
      { rule: "one_of" as const, text: "1.5\n2.5" },
    ];
    expect(factsOf({ ...PRICE, rules, description: "In euros." })).toBe("optional · ≥ 0 · one of 1.5, 2.5 · In euros.");
  });

  it("says how a value is sent, and what protects it", () => {
    expect(factsOf({ ...PRICE, type: "TIMESTAMP", format: "rfc3339" })).toBe("optional · rfc3339");
    expect(factsOf({ ...PRICE, type: "STRING", protect: "hash" })).toBe("optional · protected: hash");
  });

  it("names a rule that has no argument yet", () => {
    expect(factsOf({ ...PRICE, rules: [{ rule: "max_value", text: "" }] })).toBe("optional · max_value");
  });

  it("says what stands in for a missing value", () => {
    expect(factsOf({ ...PRICE, presence: "default", default: "9.5" })).toBe("default 9.5");
    expect(factsOf({ ...PRICE, type: "STRING", presence: "macro", macro: "browser_name" })).toBe(
      "filled by browser_name",
    );
  });
});

describe("whenText", () => {
  it("says in which events a field is in force", () => {
    const when = [
      { pointer: "/type", text: "track" },
      { pointer: "/n", text: '[1, true, "x"]' },
    ];
    expect(whenText(when)).toBe("/type is track; /n is 1 or true or x");
    expect(whenText([{ pointer: "/type", text: "" }])).toBe("/type is …");
  });
});
