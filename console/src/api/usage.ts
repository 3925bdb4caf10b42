import { queryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";
import type { Model } from "@/api/types";

const DAYS = 30;

export interface Sparks {
  requests: number[];
  bytes: number[];
  totals: { requests: number; bytes: number };
}

/** Requests and bytes of the last 30 days, of an endpoint or an environment, for two spark lines. */
export function sparks(scope: { endpoint?: string; environment?: string }) {
  return queryOptions({
    queryKey: ["sparks", scope],
    queryFn: async ({ signal }): Promise<Sparks> => {
      const from = new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString();
      const query = { ...scope, from, slice: "day" as const, metrics: "requests,bytes" };
      const { data, error } = await client.GET("/v1/usage", { params: { query }, signal });
      if (data === undefined) throw error;
      return sparksFrom(data);
    },
    staleTime: 60_000,
  });
}

function sparksFrom(usage: Model<"Usage">): Sparks {
  return {
    requests: usage.series.map((row) => row.requests ?? 0),
    bytes: usage.series.map((row) => row.bytes ?? 0),
    totals: { requests: usage.totals.requests ?? 0, bytes: usage.totals.bytes ?? 0 },
  };
}
