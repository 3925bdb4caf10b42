import { expect, it } from "vitest";

import { textIn, valueAt, valueFrom, withValue } from "@/pages/environments/example_form";
import { readJson, writeJson } from "@/text/json";

it("keeps every value as it is written", () => {
  for (const [type, text] of [
    ["INT", "9223372036854775807"],
    ["FLOAT", "1.10"],
    ["TIMESTAMP", "-1"],
    ["ARRAY_INT", "[\n  9007199254740993\n]"],
    ["ARRAY_OBJECT", '[\n  {\n    "id": 9007199254740993\n  }\n]'],
  ] as const) {
    const typed = valueFrom(type, text);
    expect(typed.fault).toBeNull();
    if (typed.fault === null) expect(textIn(type, typed.value)).toBe(text);
  }
});

it("says what a text is not", () => {
  expect(valueFrom("INT", "1.5").fault).toBe("Must be a whole number.");
  expect(valueFrom("FLOAT", "x").fault).toBe("Must be a number.");
  expect(valueFrom("FLOAT", '"1"').fault).toBe("Must be a number.");
  expect(valueFrom("ARRAY_INT", "[1,").fault).toBe("Must be JSON.");
});

it("leaves out what is empty, whatever its key is called", () => {
  const example = withValue(readJson('{"a":9007199254740993}') as Record<string, unknown>, "__proto__", "x");
  expect(writeJson(example)).toBe('{"a":9007199254740993,"__proto__":"x"}');
  expect(valueAt(example, "__proto__")).toBe("x");
  expect(valueAt(withValue(example, "__proto__", undefined), "__proto__")).toBeUndefined();
});
