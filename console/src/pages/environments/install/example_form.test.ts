import { expect, it } from "vitest";

import { isNumber, isText, textIn, valueAt, valueFrom, withValue } from "@/pages/environments/install/example_form";
import { readJson, writeJson } from "@/text/json";
import { pathOf } from "@/text/pointers";

it("keeps every value as it is written", () => {
  for (const [type, text] of [
    ["INT", "9223372036854775807"],
    ["FLOAT", "1.10"],
    ["TIMESTAMP", "-1"],
    ["ARRAY_INT", "[\n  9007199254740993\n]"],
    ["ARRAY_OBJECT", '[\n  {\n    "id": 9007199254740993\n  }\n]'],
  ] as const) {
    const typed = valueFrom({ type }, text);
    expect(typed.fault).toBeNull();
    if (typed.fault === null) expect(textIn({ type }, typed.value)).toBe(text);
  }
});

it("says what a text is not", () => {
  expect(valueFrom({ type: "INT" }, "1.5").fault).toBe("Must be a whole number.");
  expect(valueFrom({ type: "FLOAT" }, "x").fault).toBe("Must be a number.");
  expect(valueFrom({ type: "FLOAT" }, '"1"').fault).toBe("Must be a number.");
  expect(valueFrom({ type: "ARRAY_INT" }, "[1,").fault).toBe("Must be JSON.");
});

it("leaves out what is empty, whatever its key is called", () => {
  const example = withValue(readJson('{"a":9007199254740993}') as Record<string, unknown>, ["__proto__"], "x");
  expect(writeJson(example)).toBe('{"a":9007199254740993,"__proto__":"x"}');
  expect(valueAt(example, ["__proto__"])).toBe("x");
  expect(valueAt(withValue(example, ["__proto__"], undefined), ["__proto__"])).toBeUndefined();
});

it("reads times and days as what they are sent as", () => {
  expect(isText({ type: "TIMESTAMP", format: "rfc3339" })).toBe(true);
  expect(isNumber({ type: "TIMESTAMP", format: "rfc3339" })).toBe(false);
  expect(isNumber({ type: "TIMESTAMP", format: "unix_milliseconds" })).toBe(true);
  expect(textIn({ type: "DATE" }, "2026-01-02")).toBe("2026-01-02");
});

it("puts a value where the field reads it", () => {
  const event = readJson('{"messageId":"m","context":{"page":{"url":"u"},"ip":1}}') as Record<string, unknown>;
  expect(valueAt(event, pathOf({ key: "message_id", from: "messageId" }))).toBe("m");
  const url = pathOf({ key: "page_url", from: "/context/page/url" });
  expect(valueAt(event, url)).toBe("u");
  expect(writeJson(withValue(event, url, "v"))).toBe('{"messageId":"m","context":{"page":{"url":"v"},"ip":1}}');
  expect(writeJson(withValue(event, url, undefined))).toBe('{"messageId":"m","context":{"page":{},"ip":1}}');
  expect(writeJson(withValue({}, pathOf({ key: "a", from: "/x~1y/z" }), 1))).toBe('{"x/y":{"z":1}}');
  expect(writeJson(withValue({}, ["x", "z"], undefined))).toBe("{}");
});
