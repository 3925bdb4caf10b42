/** What can become of an event that a tap shows. */

import type { Model } from "@/api/types";

export type Outcome = Model<"TappedEvent">["outcome"];

export const OUTCOMES = ["accepted", "quarantined", "rejected", "undelivered"] as const satisfies readonly Outcome[];

export const OUTCOME_COLOURS: Record<string, string> = {
  accepted: "pine",
  quarantined: "yellow",
  rejected: "red",
  undelivered: "red",
  limited: "gray",
};
