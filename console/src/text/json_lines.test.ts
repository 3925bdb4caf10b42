import { describe, expect, it } from "vitest";

import { lineAt, linesOf } from "@/text/json_lines";

const TEXT = `{
  "a/b": [
    1,
    {"c": [true,
      null]}
  ],
  "d": "x\\ny"
}`;

describe("the line in which something of a JSON text stands", () => {
  it("is found by its pointer", () => {
    const pointers = ["", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/c/1", "/d"];
    expect([...linesOf(TEXT, pointers).values()]).toEqual([1, 2, 3, 4, 5, 7]);
  });

  it("is that of the nearest thing above what is not there", () => {
    expect([...linesOf(TEXT, ["/a~1b/1/c/7/x", "/a~1b/9", "/e"]).values()]).toEqual([4, 2, 1]);
  });

  it("is found by the character", () => {
    expect([0, TEXT.indexOf("1,"), TEXT.length].map((at) => lineAt(TEXT, at))).toEqual([1, 3, 8]);
  });
});
