import { useQuery } from "@tanstack/react-query";

import { Together } from "@/api/together";
import { groupsOf, MOST_GROUPS } from "@/api/usage";
import { HEALTH_METRICS, healthOf, type Health } from "@/pages/environments/page/health";

const POLL_MS = 15_000;

/** How an environment does, asked for again while the page is looked at; a list of them asks for all at once. */
export function useHealth(environmentId: string) {
  return useQuery({
    queryKey: ["health", environmentId],
    queryFn: () => healths.of(environmentId),
    refetchInterval: POLL_MS,
  });
}

const healths = new Together<Health>(async (ids) => {
  const ask = (slice: "minute" | "hour") => groupsOf("environment", ids, { slice, metrics: HEALTH_METRICS });
  const [hours, minutes] = await Promise.all([ask("hour"), ask("minute")]);
  return new Map(ids.flatMap((id) => healthFrom(id, hours.get(id), minutes.get(id))));
}, MOST_GROUPS);

type Groups = Awaited<ReturnType<typeof groupsOf>>;
type Group = ReturnType<Groups["get"]>;

function healthFrom(id: string, hours: Group, minutes: Group): [string, Health][] {
  return hours === undefined || minutes === undefined ? [] : [[id, healthOf(hours, minutes)]];
}
