import { text } from "@/state/search";

/** What of the live page stands in its address: what is looked for among the events. */
export interface LiveSearch {
  outcome?: string;
  code?: string;
  name?: string;
  q?: string;
}

export function liveSearch(search: Record<string, unknown>): LiveSearch {
  return {
    outcome: text(search.outcome),
    code: text(search.code),
    name: text(search.name),
    q: text(search.q)?.slice(0, 200),
  };
}
