/** All events in quarantine that a filter names, page by page. */

import { infiniteQueryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";
import { firstThatHolds } from "@/pages/environments/quarantine/event_pages";
import type { AskedFilter } from "@/pages/environments/quarantine/redrive_filter";

const PAGE = 20;

export function quarantinedEvents(environment_id: string, filter: AskedFilter) {
  return infiniteQueryOptions({
    queryKey: ["quarantined events", environment_id, filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      firstThatHolds(pageParam, async (cursor) => {
        const { data, error } = await client.GET("/v1/environments/{environment_id}/quarantine/events", {
          params: { path: { environment_id }, query: { ...filter, limit: PAGE, cursor } },
          signal,
        });
        if (data === undefined) throw error;
        return data;
      }),
    getNextPageParam: ({ next }) => next,
  });
}
