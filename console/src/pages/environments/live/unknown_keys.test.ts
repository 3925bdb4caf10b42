import { expect, test } from "vitest";

import { unknownKeysOf } from "@/pages/environments/live/unknown_keys";

const RAW =
  '{"a": "x", "b": 12345678901234567890, "c": 1.5, "d": {"e~/": true}, "f": [{"g": 1}], "h": null, "i": [1], "*": 1}';
const event = { raw: RAW, errors: [], stored: null };

test("keys that were dropped have the kind of their values, however long a number is", () => {
  const dropped = ["/a", "/b", "/c", "/d/e~0~1", "/h", "/i"];
  expect(unknownKeysOf(event, { dropped })).toEqual([
    { pointer: "/a", kinds: ["string"] },
    { pointer: "/b", kinds: ["integer"] },
    { pointer: "/c", kinds: ["number"] },
    { pointer: "/d/e~0~1", kinds: ["boolean"] },
    { pointer: "/h", kinds: ["null"] },
    { pointer: "/i", kinds: ["array"] },
  ]);
});

test("keys that are kept or make an event invalid are unknown, too, each once", () => {
  const stored = { _extra: { "/a": "x", "/c": 1.5, "": { dropped: 3 } } };
  const errors = [
    { pointer: "/a", code: "unknown_key" as const, message: "" },
    { pointer: "/b", code: "type_int" as const, message: "" },
  ];
  expect(unknownKeysOf({ ...event, errors, stored }, undefined).map(({ pointer }) => pointer)).toEqual(["/a", "/c"]);
});

test("what no field can read is left out: what is within an array, is not there, or is no JSON", () => {
  expect(unknownKeysOf(event, { dropped: ["/f/0/g", "/gone", "/a/b", "/*", ""] })).toEqual([]);
  expect(unknownKeysOf({ ...event, raw: "no JSON" }, { dropped: ["/a"] })).toEqual([]);
  expect(unknownKeysOf({ ...event, raw: null }, { dropped: ["/a"] })).toEqual([]);
});
