import { queryOptions } from "@tanstack/react-query";

import { client } from "@/api/client";
import type { Model } from "@/api/types";

const DAYS = 30;
const MOST = 50; // that one answer shows apart

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

/** Asks once for what the rows of a table ask for at the same moment. */
class Together {
  private waiting = new Map<string, PromiseWithResolvers>();

  constructor(private readonly by: "endpoint" | "environment") {}

  of(id: string): Promise<Sparks> {
    const known = this.waiting.get(id);
    if (known !== undefined) return known.promise;
    if (this.waiting.size === 0) setTimeout(() => this.ask(), 0);
    const asked = withResolvers();
    this.waiting.set(id, asked);
    return asked.promise;
  }

  private ask(): void {
    const all = [...this.waiting];
    this.waiting = new Map();
    for (let first = 0; first < all.length; first += MOST) void this.load(new Map(all.slice(first, first + MOST)));
  }

  private async load(asked: Map<string, PromiseWithResolvers>): Promise<void> {
    const from = new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString();
    const ids = [...asked.keys()].join(",");
    const query = { by: this.by, ids, from, slice: "day" as const, metrics: "requests,bytes" };
    try {
      const { data, error } = await client.GET("/v1/usage", { params: { query } });
      if (data === undefined) throw error;
      for (const group of data.groups ?? []) asked.get(group.id)?.resolve(sparksFrom(group));
    } catch (error) {
      for (const { reject } of asked.values()) reject(error);
    }
  }
}

const endpointSparks = new Together("endpoint");
const environmentSparks = new Together("environment");

interface PromiseWithResolvers {
  promise: Promise<Sparks>;
  resolve: (sparks: Sparks) => void;
  reject: (error: unknown) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve: (sparks: Sparks) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Sparks>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function sparksFrom(usage: Model<"UsageGroup">): Sparks {
  return {
    requests: usage.series.map((row) => row.requests ?? 0),
    bytes: usage.series.map((row) => row.bytes ?? 0),
    totals: { requests: usage.totals.requests ?? 0, bytes: usage.totals.bytes ?? 0 },
  };
}
