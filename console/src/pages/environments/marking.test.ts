import { describe, expect, it } from "vitest";

import { markedLines } from "@/pages/environments/marking";

const marked = (text: string, ...pointers: string[]) =>
  markedLines(text, pointers).flatMap((line) => (line.isMarked ? [line.text.trim()] : []));

describe("faults in an event's text", () => {
  it("are marked at their lines", () => {
    const text = '{"a": 1, "items": [{"price": "9"}, {"price": 2}], "a/b": null}';
    expect(marked(text, "/items/0/price")).toEqual(['"price": "9"']);
    expect(marked(text, "/a~1b", "/a")).toEqual(['"a": 1,', '"a/b": null']);
  });

  it("are marked at the parent where the key is missing", () => {
    expect(marked('{"items": [{}]}', "/items/0/price")).toEqual(["{}"]);
    expect(marked('{"a": 1}', "/b")).toEqual(["{"]);
  });

  it("leave what is no JSON as it came", () => {
    expect(markedLines("{a\nb", ["/a"])).toEqual([
      { text: "{a", isMarked: false },
      { text: "b", isMarked: false },
    ]);
  });

  it("lay out what means the same", () => {
    const value = { a: [1, { b: [] }], c: "x" };
    const text = markedLines(JSON.stringify(value), []).map((line) => line.text);
    expect(JSON.parse(text.join("\n"))).toEqual(value);
  });
});
