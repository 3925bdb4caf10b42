import { api } from "@/api/client";
import { HEALTH_METRICS, healthOf, type Health } from "@/pages/environments/page/health";

const POLL_MS = 15_000;

/** How an environment does, asked for again while the page is looked at; by the minute, or for a list by the hour. */
export function useHealth(environmentId: string, slice: "minute" | "hour"): Health | undefined {
  const isExact = slice === "minute";
  const query = { environment: environmentId, metrics: HEALTH_METRICS };
  const hours = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { ...query, slice: "hour" } } },
    { refetchInterval: isExact ? POLL_MS : false },
  );
  const minutes = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { ...query, slice: "minute" } } },
    { refetchInterval: POLL_MS, enabled: isExact },
  );
  if (hours.data === undefined || (isExact && minutes.isLoading)) return undefined;
  return healthOf(hours.data, minutes.data);
}
