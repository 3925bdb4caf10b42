import { describe, expect, it } from "vitest";

import { Written } from "@/text/json";
import { NotYaml, readYaml, writeYaml } from "@/text/yaml";

function failed(text: string): NotYaml {
  try {
    readYaml(text);
  } catch (error) {
    if (error instanceof NotYaml) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("YAML", () => {
  it("is the same value again, texts that look like others too", () => {
    const texts = [
      "yes",
      "No",
      "null",
      "1",
      "1.5",
      "",
      " a ",
      "a: b",
      "# a",
      "- a",
      "x #y",
      "é",
      "a\nb",
      "~",
      "2026-01-01",
      "0x1f",
      "1_000",
      ".inf",
      "=",
      "<<",
      "@a",
      "a:",
      "\u2028",
      "$set",
      "/a/b",
    ];
    const value = {
      texts,
      "Coupon Code": true,
      when: { "/type": [1, false, null] },
      deep: [[{ a: {}, b: [] }, [1]]],
      __proto__x: 0,
    };
    expect(readYaml(writeYaml(value)).value).toEqual(value);
  });

  it("has every number as it was written", () => {
    const value = { a: new Written("9223372036854775807"), b: [new Written("1.10"), 0.1, -0.5, new Written("1e400")] };
    expect(writeYaml(value)).toBe("a: 9223372036854775807\nb:\n  - 1.10\n  - 0.1\n  - -0.5\n  - 1e400\n");
    expect(readYaml(writeYaml(value)).value).toEqual(value);
  });

  it("is written one thing a line", () => {
    const value = { fields: [{ key: "a", rules: [{ rule: "one_of", value: ["x", "yes"] }] }], event_name: [] };
    expect(writeYaml(value)).toBe(
      'fields:\n  - key: a\n    rules:\n      - rule: one_of\n        value:\n          - x\n          - "yes"\nevent_name: []\n',
    );
  });

  it("tells in which line something stands, or what holds it", () => {
    const { lineOf } = readYaml(
      "# first\nfields:\n  - key: a\n    rules:\n\n      - {rule: regex,\n         value: x}\n",
    );
    expect(lineOf("/fields/0/key")).toBe(3);
    expect(lineOf("/fields/0/rules/0/value")).toBe(7);
    expect(lineOf("/fields/0/rules/0/nothing/there")).toBe(6);
    expect(lineOf("/event_name")).toBe(2);
  });

  it("is not read where it is broken, or holds what JSON does not", () => {
    expect(failed("a: 1\nb: [1\n").line).toBeGreaterThan(1);
    expect(failed("a: 1\na: 2\n").line).toBe(2);
    expect(failed("a: &x 1\nb: *x\n")).toMatchObject({ line: 2, message: "Aliases are not read: write the value out" });
    expect(failed("a:\n  - .inf\n")).toMatchObject({ line: 2 });
    expect(failed("a: 0x1f\n")).toMatchObject({ line: 1 });
    expect(failed("a: 1\n---\nb: 2\n").line).toBeGreaterThan(0);
    expect(failed("[".repeat(20_000)).line).toBe(1);
  });
});
