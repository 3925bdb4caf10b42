/** What came of trying a destination, as people read it. */

import type { Model } from "@/api/types";

const STEPS: Record<string, string> = {
  bucket: "The bucket is one of yours",
  connect: "It can be reached",
  dataset: "The data set is there, or can be made",
  name: "The view’s name is free",
  query: "It can be queried",
  role: "The role can be taken on",
  table: "Tables can be made",
  write: "It can be written to",
};

/** A step by what it shows; one that is not known here goes by its name. */
export function stepText(name: string): string {
  return STEPS[name] ?? name;
}

/** All of it in one sentence. */
export function verdict({ ok, checks }: Model<"DestinationCheck">): string {
  if (!ok) return "Events can’t be delivered there now.";
  return checks.length === 0
    ? "This deployment’s own bucket is always there: nothing had to be tried."
    : "Everything that delivery needs works.";
}
