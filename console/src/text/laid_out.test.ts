import { expect, it } from "vitest";

import { layOut, OF_A_DOCUMENT, OF_AN_EVENT, visible } from "@/text/laid_out";

const laidOut = (text: string) => textOf(layOut(text, OF_A_DOCUMENT).lines);
const textOf = (lines: { text: string }[]) => lines.map(({ text }) => text).join("\n");
const marked = (text: string, ...pointers: string[]) =>
  layOut(text, OF_AN_EVENT, pointers)
    .lines.filter((line) => line.isMarked)
    .map((line) => line.text.trim());

/** A generator that gives the same numbers every time (Park and Miller). */
function chanceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function anyValue(chance: (below: number) => number, depth = 0): unknown {
  const size = chance(4);
  switch (chance(depth > 5 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return chance(2) === 0;
    case 2:
      return (chance(2_000_000) - 1_000_000) / 2 ** chance(8);
    case 3:
      return "x".repeat(size) + '",:{}[]\\/\n\u2028é'.slice(chance(10));
    case 4:
      return "";
    case 5:
      return Array.from({ length: size }, () => anyValue(chance, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}"~/`, anyValue(chance, depth + 1)]));
  }
}

it("lays values out as JSON.stringify does", () => {
  const chance = chanceOf(7);
  for (let round = 0; round < 500; round += 1) {
    const value = anyValue(chance);
    expect(laidOut(JSON.stringify(value))).toBe(visible(JSON.stringify(value, null, 2)));
  }
  expect(laidOut(' [ "a" , -1.5e3 ] ')).toBe('[\n  "a",\n  -1.5e3\n]');
});

it("leaves numbers, escapes and repeated keys as they were written", () => {
  expect(laidOut('{"id":9007199254740993,"price":1.10,"big":12345678901234567890123,"z":-0,"e":1E+2}')).toBe(
    '{\n  "id": 9007199254740993,\n  "price": 1.10,\n  "big": 12345678901234567890123,\n  "z": -0,\n  "e": 1E+2\n}',
  );
  expect(laidOut('{"a":1,"a":"\\u00fc","__proto__":2}')).toBe('{\n  "a": 1,\n  "a": "\\u00fc",\n  "__proto__": 2\n}');
});

it("leaves what is no JSON as it came", () => {
  for (const text of [
    '{"a": 1',
    "not\n even",
    '{"a" 1}',
    "[1,]",
    "01",
    '["\\x"]',
    "[1] 2",
    "",
    '{"a":1,}',
    '{,"a":1}',
  ]) {
    expect(laidOut(text)).toBe(text);
  }
});

it("shows what can't be seen", () => {
  expect(laidOut('{"a":"\u202eb\u0000"}')).toBe('{"a":"\\u202eb\\u0000"}'); // no JSON: a control character in a string
  expect(laidOut('["\u202e\ud800\u200b\u{e0041}"]')).toBe('[\n  "\\u202e\\ud800\\u200b\\udb40\\udc41"\n]');
  expect(laidOut('\ufeff{"a":1}')).toBe('\\ufeff{\n  "a": 1\n}');
  expect(visible("é 漢 😀 \t\n")).toBe("é 漢 😀 \t\n");
});

it("marks what is at a pointer, escaped keys and repeated ones, too", () => {
  const text = '{"a":1,"list":[{"n":"x"},{"n":2}],"x/y~z":true,"a":3}';
  expect(marked(text, "/list/0/n")).toEqual(['"n": "x"']);
  expect(marked(text, "/x~1y~0z", "/a")).toEqual(['"a": 1,', '"x/y~z": true,', '"a": 3']);
  expect(marked(text, "")).toEqual(["{"]);
});

it("marks the parent of what is missing", () => {
  const text = '{"a":1,"list":[{"n":"x"},{"n":2}]}';
  expect(marked(text, "/list/1/price")).toEqual(["{"]);
  expect(marked(text, "/total/net", "/a/b")).toEqual(["{", '"a": 1,']);
});

it("marks nothing in place of what has no room", () => {
  const text = `{"list":[${"0,".repeat(5_000)}"x"],"late":1}`;
  const { lines, left } = layOut(text, OF_AN_EVENT, ["/list/5000", "/late"]);
  expect(lines.filter((line) => line.isMarked)).toEqual([]);
  expect(left).toBeGreaterThan(0);
});

it("takes no level of nesting for too deep", () => {
  for (const levels of [64, 65, 12_000, 100_000]) {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const text = open.repeat(levels) + "1" + close.repeat(levels);
      const { lines } = layOut(text, OF_AN_EVENT, ["/0".repeat(levels), "/a".repeat(levels)]);
      expect(lines.length).toBeLessThanOrEqual(129);
      if (levels <= 65) expect(textOf(lines).replace(/\s/g, "")).toBe(text);
    }
  }
});

it("has an end, whatever comes", () => {
  const texts = [
    `[${"0,".repeat(100_000)}0]`,
    `"${"x".repeat(3_000_000)}"`,
    `{"a":"${"\u0001".repeat(1_000_000)}"}`,
    "\n".repeat(1_000_000),
    "x".repeat(1_000_000),
    "[".repeat(1_000_000),
    `[${`${"[".repeat(63)}${"0,".repeat(999)}0${"]".repeat(63)},`.repeat(10)}0]`,
  ];
  for (const text of texts) {
    const { lines, left } = layOut(text, OF_AN_EVENT);
    expect(lines.length).toBeLessThanOrEqual(OF_AN_EVENT.lines);
    expect(textOf(lines).length).toBeLessThan(OF_AN_EVENT.characters * 8);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(text.length);
  }
}, 60_000);
