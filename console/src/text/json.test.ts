import { expect, it } from "vitest";

import { isJson, readJson, sameJson, writeJson, Written } from "@/text/json";

it("keeps numbers as they were written", () => {
  const text = '{"id":9007199254740993,"price":1.10,"tiny":1e-400,"list":[9223372036854775807,-0,2],"s":"1.10"}';
  expect(writeJson(readJson(text))).toBe(text);
  expect(readJson("[1, -2.5, 9007199254740991]")).toEqual([1, -2.5, 9007199254740991]);
  expect(readJson("9007199254740993")).toEqual(new Written("9007199254740993"));
});

it("reads and writes everything else as the browser does", () => {
  const value = { a: [1, "x\u2028\ud800", null, true], "": {}, __proto: [], 'k"': { b: [[]] } };
  expect(readJson(JSON.stringify(value))).toEqual(value);
  expect(writeJson(value)).toBe(JSON.stringify(value));
  expect(writeJson({ a: undefined, b: [undefined], c: 1 })).toBe(
    JSON.stringify({ a: undefined, b: [undefined], c: 1 }),
  );
  expect(writeJson("x")).toBe('"x"');
  expect(Object.keys(readJson('{"__proto__":1,"a":2}') as object)).toEqual(["__proto__", "a"]);
});

it("takes what JSON.parse takes, and nothing else", () => {
  const texts = [
    "",
    " ",
    "1",
    "-",
    "1.",
    ".5",
    "+1",
    "1e5",
    "tru",
    "nul",
    "nullx",
    '"\\u12g4"',
    '"\t"',
    "[1 2]",
    "[,]",
  ];
  texts.push("{}", "[]", '{"a"}', '{"a":}', "{a:1}", "[1]]", "{]", "[}", "\ufeff1", "NaN", "'a'", '"a', '{"a":1"b":2}');
  for (const text of texts) {
    const parses = () => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    expect([text, isJson(text)]).toEqual([text, parses()]);
  }
  expect(() => readJson('{"a": ]')).toThrow("expected a value at character 7");
});

it("reads and writes at any depth and length", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(writeJson(readJson(deep))).toBe(deep);
  const long = `[${"7,".repeat(300_000)}7]`;
  expect(writeJson(readJson(long))).toBe(long);
});

it("compares whole numbers to the last digit, and others as doubles", () => {
  const same = (one: string, other: string) => sameJson(readJson(one), readJson(other));
  expect(same('{"a":[1.10]}', '{"a":[1.1]}')).toBe(true);
  expect(same("9007199254740993", "9007199254740992")).toBe(false);
  expect(same("9007199254740993", "9007199254740993")).toBe(true);
  expect(same("[1.0]", "[1]")).toBe(true);
});
