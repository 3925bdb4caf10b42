import { expect, it } from "vitest";

import { ledgerText } from "@/pages/overview/ledger";

it("says nothing where every accepted event is delivered", () => {
  expect(ledgerText({ accepted: 5, delivered: 5, in_flight: 0, set_aside: 0 })).toEqual([]);
});

it("says what is on its way, set aside, or there twice", () => {
  expect(ledgerText({ in_flight: 3, set_aside: 1, repeats: 2 })).toEqual([
    "3 events in flight: accepted, and on the way to the destination.",
    "2 events sent again and dropped by the destination as copies.",
    "1 event set aside: the destination refused them.",
  ]);
});

it("explains why more can be delivered than accepted", () => {
  expect(ledgerText({ in_flight: -111 })[0]).toContain("Delivered is ahead of accepted by 111");
});
