import { expect, test } from "vitest";

import { isThere, markedLines } from "@/pages/environments/live/marks";

test("each line has the mark of what was done to its value, the first of two", () => {
  const { lines, left } = markedLines('{"a": 1, "b": 2, "c": 3}', { fault: ["/b"], dropped: ["/b", "/c"], filled: [] });
  expect(left).toBe(0);
  expect(lines.map(({ mark }) => mark)).toEqual([null, null, "fault", "dropped", null]);
});

test("what is no JSON has no places in it, and is shown as it came", () => {
  expect(markedLines("no JSON", { fault: [""] }).lines.map(({ text }) => text)).toEqual(["no JSON"]);
});

test("a place is there where a document has each key on the way to it", () => {
  const document = { a: { "b/c": [{ d: null }] }, e: "text" };
  expect(["", "/a/b~1c/0/d", "/e"].every((pointer) => isThere(document, pointer))).toBe(true);
  expect(["/f", "/a/b~1c/1", "/e/0", "/a/b~1c/0/d/x", "/toString"].some((at) => isThere(document, at))).toBe(false);
});
