import { expect, test } from "vitest";

import { afterTelling, afterValue, type Typed } from "@/state/typed";

const typed = (changes: Partial<Typed>): Typed => ({ text: "", seen: "", told: [], ...changes });

test("a value that was typed here leaves what was typed since", () => {
  const after = afterValue(typed({ text: "abc", told: ["a", "ab", "abc"] }), "ab");
  expect(after).toEqual({ text: "abc", seen: "ab", told: ["abc"] });
});

test("a value from elsewhere takes the place of the text", () => {
  expect(afterValue(typed({ text: "abc", seen: "abc" }), "")).toEqual({ text: "", seen: "", told: [] });
});

test("a text that comes back is told no more, so the same from elsewhere is news", () => {
  const back = afterValue(typed({ text: "a", told: ["a"] }), "a");
  expect(afterValue({ ...back, text: "ab", told: ["ab"] }, "")).toMatchObject({ text: "" });
});

test("spaces around a text are no news", () => {
  expect(afterTelling(typed({ text: "a ", seen: "a" }), "a ")).toBeNull();
  expect(afterTelling(typed({ text: "b", seen: "a" }), "b")?.told).toEqual(["b"]);
});
