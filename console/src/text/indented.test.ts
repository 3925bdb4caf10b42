import { expect, test } from "vitest";

import { indented } from "@/text/indented";

test("a text is laid out as JSON.stringify does it", () => {
  const value = { a: [1, { b: 'x{",:]\\"' }, []], c: {}, d: null, e: [[true]], f: "" };
  expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  expect(indented(' [ "a" , -1.5e3 ] ')).toBe('[\n  "a",\n  -1.5e3\n]');
});

test("what a number or a string is written as stays", () => {
  expect(indented('{"id":9007199254740993,"price":1.0,"name":"Z\\u00fcrich"}')).toBe(
    '{\n  "id": 9007199254740993,\n  "price": 1.0,\n  "name": "Z\\u00fcrich"\n}',
  );
});

test("what is no JSON stays whole", () => {
  expect(indented('{"a": 1')).toBe('{"a": 1');
  expect(indented("not even close")).toBe("not even close");
});
