import { queryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";

const PAGE = 200; // the longest page of the API

interface Answer<Item> {
  data?: { items: Item[]; next: string | null } | undefined;
  error?: unknown;
}

/** Read a list to its end, page by page, and throw what one of them fails with. */
export async function everyPage<Item>(
  load: (query: { limit: number; cursor?: string }) => Promise<Answer<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
    const { data, error } = await load(query);
    if (data === undefined) throw error;
    items.push(...data.items);
    cursor = data.next;
  } while (cursor !== null);
  return items;
}

/** Whole lists, as people search and sort them. */
export const lists = {
  templates: () =>
    queryOptions({
      queryKey: ["every", "/v1/templates"],
      queryFn: ({ signal }) => everyPage((query) => client.GET("/v1/templates", { params: { query }, signal })),
      staleTime: Infinity, // they change with a deployment alone
    }),

  endpoints: () =>
    queryOptions({
      queryKey: ["every", "/v1/endpoints"],
      queryFn: ({ signal }) => everyPage((query) => client.GET("/v1/endpoints", { params: { query }, signal })),
    }),

  revisions: (endpoint_id: string) =>
    queryOptions({
      queryKey: ["every", "/v1/endpoints/{endpoint_id}/revisions", endpoint_id],
      queryFn: ({ signal }) =>
        everyPage((query) =>
          client.GET("/v1/endpoints/{endpoint_id}/revisions", { params: { path: { endpoint_id }, query }, signal }),
        ),
    }),

  environments: (endpoint_id: string) =>
    queryOptions({
      queryKey: ["every", "/v1/endpoints/{endpoint_id}/environments", endpoint_id],
      queryFn: ({ signal }) =>
        everyPage((query) =>
          client.GET("/v1/endpoints/{endpoint_id}/environments", { params: { path: { endpoint_id }, query }, signal }),
        ),
    }),

  deployments: (environment_id: string) =>
    queryOptions({
      queryKey: ["every", "/v1/environments/{environment_id}/deployments", environment_id],
      queryFn: ({ signal }) =>
        everyPage((query) =>
          client.GET("/v1/environments/{environment_id}/deployments", {
            params: { path: { environment_id }, query },
            signal,
          }),
        ),
    }),

  redrives: (environment_id: string) =>
    queryOptions({
      queryKey: ["every", "/v1/environments/{environment_id}/redrives", environment_id],
      queryFn: ({ signal }) =>
        everyPage((query) =>
          client.GET("/v1/environments/{environment_id}/redrives", {
            params: { path: { environment_id }, query },
            signal,
          }),
        ),
    }),

  trials: (revision_id: string) =>
    queryOptions({
      queryKey: ["every", "/v1/revisions/{revision_id}/trials", revision_id],
      queryFn: ({ signal }) =>
        everyPage((query) =>
          client.GET("/v1/revisions/{revision_id}/trials", { params: { path: { revision_id }, query }, signal }),
        ),
    }),

  organisations: () =>
    queryOptions({
      queryKey: ["every", "/v1/organisations"],
      queryFn: ({ signal }) => everyPage((query) => client.GET("/v1/organisations", { params: { query }, signal })),
    }),

  members: () =>
    queryOptions({
      queryKey: ["every", "/v1/organisation/members"],
      queryFn: ({ signal }) =>
        everyPage((query) => client.GET("/v1/organisation/members", { params: { query }, signal })),
    }),

  tokens: () =>
    queryOptions({
      queryKey: ["every", "/v1/tokens"],
      queryFn: ({ signal }) => everyPage((query) => client.GET("/v1/tokens", { params: { query }, signal })),
    }),
};
