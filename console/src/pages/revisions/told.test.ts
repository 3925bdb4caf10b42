import { describe, expect, it } from "vitest";

import { toldOf } from "@/pages/revisions/told";

const ROW = { index: 0, outcome: "accepted", errors: [], stored: { a: 1 } } as const;

describe("toldOf", () => {
  it("says nothing of an event that is stored as it was sent", () => {
    expect(toldOf({ ...ROW, errors: [] })).toEqual([]);
  });

  it("names what was dropped, kept, filled and protected", () => {
    const row = { ...ROW, errors: [], dropped: ["/x"], defaulted: ["/b"], filled: ["/c"], protected: ["/d"] };
    expect(toldOf(row).map(({ label, pointers }) => [label, ...pointers])).toEqual([
      ["Dropped", "/x"],
      ["Filled with the default", "/b"],
      ["Filled by a macro", "/c"],
      ["Protected", "/d"],
    ]);
    const kept = { ...ROW, errors: [], stored: { a: 1, _extra: { "/coupon": "X", "/items/0/colour": "blue" } } };
    expect(toldOf(kept)).toEqual([{ label: "Kept in _extra", pointers: ["/coupon", "/items/0/colour"], left: 0 }]);
  });

  it("lists fifty of many", () => {
    const [dropped] = toldOf({ ...ROW, errors: [], dropped: Array.from({ length: 60 }, (_, index) => `/k${index}`) });
    expect(dropped?.pointers).toHaveLength(50);
    expect(dropped?.left).toBe(10);
  });
});
