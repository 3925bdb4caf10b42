import { api } from "@/api/client";

const POLL_MS = 15_000;

/** The alerts of an environment, asked for again while the page is looked at. */
export function useAlerts(environmentId: string) {
  return api.useQuery(
    "get",
    "/v1/environments/{environment_id}/alerts",
    { params: { path: { environment_id: environmentId } } },
    { refetchInterval: POLL_MS },
  );
}

/** Who may be told: the targets of the organisation. */
export function useTargets() {
  return api.useQuery("get", "/v1/alert-targets", {}, { refetchInterval: POLL_MS });
}

/** The alerts that fire, of all environments of an endpoint or of one; none while they are not known. */
export function useFiring(endpointId: string, environmentId?: string) {
  const items = useFiringQuery(endpointId).data?.items ?? [];
  return environmentId === undefined ? items : items.filter((alert) => alert.environment_id === environmentId);
}

/** Whether it is known which alerts of an endpoint fire, or that it can't be known. */
export function useFiringKnown(endpointId: string): boolean {
  return !useFiringQuery(endpointId).isPending;
}

function useFiringQuery(endpointId: string) {
  return api.useQuery(
    "get",
    "/v1/endpoints/{endpoint_id}/firing-alerts",
    { params: { path: { endpoint_id: endpointId }, query: { limit: 200 } } },
    { refetchInterval: POLL_MS },
  );
}
