import type { Model } from "@/api/types";

export interface Outcome {
  id: string;
  label: string;
  /** A custom property of CSS. */
  color: string;
  count: (counts: Model<"UsageCounts">) => number;
}

/** What may become of an event, in the order in which it is drawn. */
export const OUTCOMES: Outcome[] = [
  { id: "accepted", label: "Accepted", color: "--chart-requests", count: ({ accepted = 0 }) => accepted },
  {
    id: "quarantined",
    label: "Quarantined",
    color: "--chart-quarantined",
    count: ({ quarantined = 0 }) => quarantined,
  },
  {
    id: "rejected",
    label: "Rejected",
    color: "--chart-rejected",
    count: ({ rejected = 0, quarantined = 0 }) => Math.max(0, rejected - quarantined),
  },
  { id: "limited", label: "Over a limit", color: "--chart-limited", count: ({ limited = 0 }) => limited },
];
