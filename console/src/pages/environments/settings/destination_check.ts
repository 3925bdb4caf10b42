/** What came of trying a destination, as people read it. */

import type { Model } from "@/api/types";

const STEPS: Record<string, string> = {
  address: "The URL leads to an address that is allowed",
  answer: "It accepts an empty batch",
  bucket: "The bucket is one of yours",
  catalog: "The catalog can be read, and the table’s name is free",
  connect: "It can be reached",
  dataset: "The data set is there, or can be made",
  name: "The name of the view or table is free",
  packages: "What a lake needs is installed",
  query: "It can be queried",
  role: "The role can be assumed",
  schema: "The schema is there",
  send: "It accepts a message",
  table: "Tables can be made",
  write: "It can be written to",
};

/** A step by what it shows; one that is not known here goes by its name. */
export function stepText(name: string): string {
  return STEPS[name] ?? name;
}

/** What became of a step, said to people who don't see its mark. */
export const STATE_TEXT: Record<Model<"CheckStep">["state"], string> = {
  passed: "works",
  failed: "failed",
  not_tested: "not tested",
};

/** All of it in one sentence; `proven`: everything was tried, and works. */
export function verdict({ ok, checks }: Model<"DestinationCheck">): { text: string; proven: boolean } {
  if (!ok) return { text: "Events can’t be delivered there now.", proven: false };
  if (checks.length === 0) {
    return { text: "This deployment’s own bucket is always there: nothing had to be tried.", proven: true };
  }
  return checks.some(({ state }) => state === "not_tested")
    ? { text: "The destination itself was not tested.", proven: false }
    : { text: "Everything that delivery needs works.", proven: true };
}
