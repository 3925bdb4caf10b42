import { keepPreviousData } from "@tanstack/react-query";

import { api } from "@/api/client";

interface Query {
  endpoint?: string;
  environment?: string;
  revision?: string;
  from?: string;
  to?: string;
}

/** The codes of refused events by count, of the last 24 hours or a range; asked for again as often as `polling` says. */
export function useCodes(query: Query, polling: { refetchInterval?: number; staleTime?: number } = {}) {
  return api.useQuery(
    "get",
    "/v1/usage/codes",
    { params: { query } },
    { placeholderData: keepPreviousData, ...polling },
  );
}
