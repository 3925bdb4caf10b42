import { queryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";
import { Together } from "@/api/together";
import type { Model } from "@/api/types";

const DAYS = 30;
/** That one answer shows apart. */
export const MOST_GROUPS = 50;

type By = "endpoint" | "environment";

export interface Sparks {
  requests: number[];
  bytes: number[];
  totals: { requests: number; bytes: number };
}

export type SparkScope = { endpoint: string } | { environment: string };

/** Requests and bytes of the last 30 days, of an endpoint or an environment, for two spark lines. */
export function sparks(scope: SparkScope) {
  return queryOptions({
    queryKey: ["sparks", scope],
    queryFn: () => ("endpoint" in scope ? endpointSparks.of(scope.endpoint) : environmentSparks.of(scope.environment)),
    staleTime: 60_000,
  });
}

const endpointSparks = sparksBy("endpoint");
const environmentSparks = sparksBy("environment");

function sparksBy(by: By): Together<Sparks> {
  return new Together(async (ids) => {
    const from = new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString();
    const groups = await groupsOf(by, ids, { from, slice: "day", metrics: "requests,bytes" });
    return new Map([...groups].map(([id, group]) => [id, sparksFrom(group)]));
  }, MOST_GROUPS);
}

/** The usage of several endpoints or environments, by their ids. */
export async function groupsOf(
  by: By,
  ids: string[],
  query: { from?: string; slice: "minute" | "hour" | "day"; metrics: string },
): Promise<Map<string, Model<"UsageGroup">>> {
  const { data, error } = await client.GET("/v1/usage", { params: { query: { ...query, by, ids: ids.join(",") } } });
  if (data === undefined) throw error;
  return new Map((data.groups ?? []).map((group) => [group.id, group]));
}

function sparksFrom(usage: Model<"UsageGroup">): Sparks {
  return {
    requests: usage.series.map((row) => row.requests ?? 0),
    bytes: usage.series.map((row) => row.bytes ?? 0),
    totals: { requests: usage.totals.requests ?? 0, bytes: usage.totals.bytes ?? 0 },
  };
}
