import { describe, expect, it } from "vitest";

import { kindsText, sentenceOf, unseenOf, type Found } from "@/pages/revisions/trials/trial_words";

function found(changed: Partial<Found>): Found {
  return { looked_at: 0, invalid: 0, newly_invalid: 0, newly_accepted: 0, groups: [], ...changed };
}

function group(code: string, pointer: string, count: number, was: "accepted" | "invalid" = "accepted") {
  return { code, pointer, count, was, event_name: null, share: 0, first_event_id: "evt_1" };
}

describe("the sentence of a trial", () => {
  it("says how many would be rejected, and the most frequent reason over all names of events", () => {
    const groups = [
      group("type_int", "/user/age", 700),
      group("required", "/id", 800),
      { ...group("type_int", "/user/age", 467), event_name: "purchase" },
      group("not_json", "", 9_000, "invalid"),
    ];
    expect(sentenceOf(found({ looked_at: 55_000, invalid: 6_190, newly_invalid: 1_190, groups }))).toBe(
      "1,190 of 50,000 events that are accepted now would be rejected, 98 % because /user/age is not a whole number.",
    );
  });

  it("says that none would be", () => {
    expect(sentenceOf(found({ looked_at: 7, newly_accepted: 2 }))).toBe(
      "None of 5 events that are accepted now would be rejected. 2 of those that are rejected now would be accepted.",
    );
    expect(sentenceOf(found({ looked_at: 1 }))).toBe("None of 1 event that is accepted now would be rejected.");
  });

  it("says so where nothing was there, or nothing is accepted now", () => {
    expect(sentenceOf(found({}))).toBe("There was no event to look at.");
    expect(sentenceOf(found({ looked_at: 4, invalid: 4 }))).toBe(
      "None of 4 events is accepted now. 0 of those that are rejected now would be accepted.",
    );
  });

  it("names the event where a fault is of the whole", () => {
    const groups = [group("event_too_large", "", 1)];
    expect(sentenceOf(found({ looked_at: 1, invalid: 1, newly_invalid: 1, groups }))).toBe(
      "1 of 1 event that is accepted now would be rejected, 100 % because the event is too large.",
    );
  });
});

it("says what can't be known", () => {
  expect(unseenOf({ unseen: ["dropped_keys", "protected_values"] })).toHaveLength(2);
});

it("lists kinds by how frequent they are", () => {
  expect(kindsText({ string: 3, integer: 1_200 })).toBe("integer 1,200, string 3");
});
