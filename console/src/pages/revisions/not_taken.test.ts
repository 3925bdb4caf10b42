import { describe, expect, it } from "vitest";

import { notTaken } from "@/pages/revisions/not_taken";

describe("what a planned event does not have", () => {
  const row = { event: "Order", key: "order" };
  const imported = { complete: true, exact: true, lost: [], lost_count: 0, unmapped: [], unmapped_count: 0 };
  const inference = {
    samples: 3,
    accepted: 3,
    guesses: [],
    left_out: [],
    left_out_count: 0,
    refused: [],
    refused_count: 0,
  };

  it("is nothing where all was taken over", () => {
    expect(notTaken({ ...row, import: imported })).toBe("nothing");
    expect(notTaken({ ...row, inference })).toBe("nothing");
  });

  it("is counted, with keys that are lost among what is not mapped", () => {
    expect(notTaken({ ...row, import: { ...imported, lost_count: 1, unmapped_count: 2 } })).toBe("2 parts");
    expect(notTaken({ ...row, inference: { ...inference, left_out_count: 1, refused_count: 2 } })).toBe(
      "1 key, 2 samples",
    );
  });
});
