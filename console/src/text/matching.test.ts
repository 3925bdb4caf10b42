import { describe, expect, it } from "vitest";

import { matching } from "@/text/matching";

const ROWS = ["Segment, RudderStack, Jitsu", "PostHog", "Google Analytics 4"];
const found = (search: string) => matching(ROWS, search, (row) => row);

describe("a search by words", () => {
  it("finds each word anywhere, in any order and case", () => {
    expect(found("jitsu segment")).toEqual(["Segment, RudderStack, Jitsu"]);
    expect(found("HOG")).toEqual(["PostHog"]);
    expect(found("google posthog")).toEqual([]);
  });

  it("finds everything without a word", () => {
    expect(found("  ")).toEqual(ROWS);
  });
});
