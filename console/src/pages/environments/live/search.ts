import { FAULTS } from "@/api/fault_codes";
import type { Model } from "@/api/types";
import { OUTCOMES, type Outcome } from "@/pages/environments/live/outcomes";
import { oneOf, text } from "@/state/search";

/** What of the live page stands in its address: what is looked for among the events. */
export interface LiveSearch {
  outcome?: Outcome;
  code?: Model<"Fault">;
  name?: string;
  q?: string;
}

export function liveSearch(search: Record<string, unknown>): LiveSearch {
  return {
    outcome: oneOf(search.outcome, OUTCOMES),
    code: oneOf(search.code, FAULTS),
    name: text(search.name)?.slice(0, 128),
    q: text(search.q)?.slice(0, 200),
  };
}
