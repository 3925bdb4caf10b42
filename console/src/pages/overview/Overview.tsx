import { Grid, Skeleton, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { useCodes } from "@/api/codes";
import { lists } from "@/api/pages";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { Charts } from "@/pages/overview/Charts";
import { ByEnvironment } from "@/pages/overview/ByEnvironment";
import { Codes } from "@/pages/overview/Codes";
import { Cost } from "@/pages/overview/Cost";
import { Filters } from "@/pages/overview/Filters";
import { Names } from "@/pages/overview/Names";
import { NothingYet } from "@/pages/overview/NothingYet";
import { Outcomes } from "@/pages/overview/Outcomes";
import { Protocols } from "@/pages/overview/Protocols";
import { Totals } from "@/pages/overview/Totals";
import { useMarkers } from "@/pages/overview/use_markers";
import { Updated } from "@/pages/overview/Updated";
import { useNow } from "@/time/now";
import { rangeBefore, rangeOf, rangeQuery } from "@/time/periods";

const REALTIME_MS = 5_000;
const MINUTE_MS = 60_000;

/** What an endpoint took in a period, and what became of it. */
export function Overview() {
  const { endpointId } = useParams({ from: "/app/endpoints/$endpointId/" });
  const search = useSearch({ from: "/app/endpoints/$endpointId/" });
  const period = search.period ?? "30d";
  const isRealtime = period === "realtime";
  // By the minute, so that the same questions are asked for as long.
  const now = Math.ceil(useNow() / MINUTE_MS) * MINUTE_MS;
  const scope = { endpoint: endpointId, environment: search.environment, revision: search.revision };
  const range = rangeOf(period, now, search);
  const polling = isRealtime ? { refetchInterval: REALTIME_MS, staleTime: 0 } : {};
  const kept = { placeholderData: keepPreviousData };
  const usage = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { ...scope, ...rangeQuery(range), by: "protocol" } } },
    { ...kept, ...polling },
  );
  const before = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query: { ...scope, ...rangeQuery(rangeBefore(period, now, search)) } } },
    kept,
  );
  const { from, to } = rangeQuery(range);
  const ends = { from, to };
  const codes = useCodes({ ...scope, ...ends }, polling);
  const environments = useQuery(lists.environments(endpointId));
  const all = environments.data ?? [];
  const shown = search.environment === undefined ? all : all.filter(({ id }) => id === search.environment);
  const only = shown.length === 1 ? shown[0] : undefined;
  const markers = useMarkers(endpointId, shown, range);

  if (environments.data?.length === 0 && usage.data?.totals.requests === 0)
    return <NothingYet endpointId={endpointId} />;
  return (
    <Section
      tab
      title="Overview"
      lead={isRealtime ? <Updated at={usage.dataUpdatedAt} isFetching={usage.isFetching} /> : "All times are UTC."}
    >
      <Filters endpointId={endpointId} usage={usage.data} />
      <Loaded query={usage} skeleton={<OverviewSkeleton />} failed="The usage could not be loaded">
        {(found) => (
          <Stack>
            <Totals now={found.totals} before={before.data?.totals} />
            <Charts usage={found} markers={markers} endpointId={endpointId} />
            <Grid>
              <Grid.Col span={{ base: 12, md: 6 }}>
                <Outcomes totals={found.totals} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 6 }}>
                <Codes
                  codes={codes}
                  endpointId={endpointId}
                  environments={shown}
                  revision={search.revision}
                  range={range}
                />
              </Grid.Col>
            </Grid>
            {shown.length > 1 && (
              <ByEnvironment
                endpointId={endpointId}
                environments={shown}
                revision={search.revision}
                range={range}
                polling={polling}
              />
            )}
            <Names endpointId={endpointId} environmentId={only?.id} range={range} polling={polling} />
            <Protocols rows={found.protocols ?? []} />
            {only !== undefined && <Cost environment={only} totals={found.totals} range={range} />}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function OverviewSkeleton() {
  return (
    <Stack aria-hidden>
      <Skeleton height={92} />
      <Skeleton height={280} />
      <Skeleton height={160} />
    </Stack>
  );
}
