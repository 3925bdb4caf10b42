import { infiniteQueryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";
import type { Model } from "@/api/types";

const PAGE = 200; // the longest page of the API
const PAGES_AT_ONCE = 5; // the API looks into every object of a page

/** Objects of events that destinations refused, up to a thousand at once; of all environments or one. */
export function setAsideObjects(environment_id: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["set-aside", environment_id],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const items: Model<"SetAsideObject">[] = [];
      let cursor = pageParam;
      for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
        const { data, error } = await client.GET("/v1/operations/set-aside", {
          params: { query: { limit: PAGE, cursor, environment_id } },
          signal,
        });
        if (data === undefined) throw error;
        items.push(...data.items);
        cursor = data.next;
        if (cursor === null) break;
      }
      return { items, next: cursor };
    },
    getNextPageParam: ({ next }) => next,
    refetchOnWindowFocus: false,
  });
}
