import { day, oneOf, text } from "@/state/search";
import { PERIODS, type PeriodName } from "@/time/periods";

/** What of the overview stands in its address. */
export interface OverviewSearch {
  period?: PeriodName;
  from?: string;
  to?: string;
  environment?: string;
  revision?: string;
  view?: "requests" | "bytes" | "table";
}

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  return {
    period: oneOf(search.period, PERIODS),
    from: day(search.from),
    to: day(search.to),
    environment: text(search.environment),
    revision: text(search.revision),
    view: oneOf(search.view, ["requests", "bytes", "table"]),
  };
}
