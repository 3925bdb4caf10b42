import { Paper, Stack, Text, Title } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, sorted, type Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { costedDestination, dollars, dollarsPerMillion, trafficOf } from "@/pages/overview/cost";
import { refusedShare } from "@/pages/overview/ledger";
import { counted, percent } from "@/text/units";
import { rangeQuery, type Range } from "@/time/periods";

interface Row {
  environment: Model<"Environment">;
  totals: Model<"UsageCounts">;
}

interface Props {
  endpointId: string;
  environments: Model<"Environment">[];
  revision: string | undefined;
  range: Range;
  polling: object;
}

/** The period's usage of each environment that had any, the busiest first, and about what a million of its events costs. */
export function ByEnvironment({ endpointId, environments, revision, range, polling }: Props) {
  const query = {
    endpoint: endpointId,
    by: "environment" as const,
    ...(revision === undefined ? {} : { revision }),
    ...rangeQuery(range),
  };
  const usage = api.useQuery(
    "get",
    "/v1/usage",
    { params: { query } },
    { placeholderData: keepPreviousData, ...polling },
  );
  return (
    <Paper>
      <Stack>
        <Title order={3}>By environment</Title>
        <Loaded query={usage} failed="The usage could not be loaded">
          {({ groups = [] }) => {
            const byId = new Map(groups.map(({ id, totals }) => [id, totals]));
            const all = environments.map((environment) => ({ environment, totals: byId.get(environment.id) ?? {} }));
            const busy = all.filter(({ totals }) => isBusy(totals));
            const quiet = all.length - busy.length;
            if (busy.length === 0) return <Text c="dimmed">No environment had events in this period.</Text>;
            return (
              <>
                <DataTable
                  label="Usage by environment"
                  columns={COLUMNS}
                  rows={sorted(busy, COLUMNS, { by: "requests", descending: true })}
                  rowKey={({ environment }) => environment.id}
                />
                <Text size="sm" c="dimmed">
                  {quiet > 0 && `${counted(quiet, "environment")} without events in this period. `}
                  The price is an estimate for AWS. Choose an environment to see what would change it.
                </Text>
              </>
            );
          }}
        </Loaded>
      </Stack>
    </Paper>
  );
}

function isBusy(totals: Model<"UsageCounts">): boolean {
  return Object.values(totals).some((count) => count !== 0);
}

const COLUMNS: Column<Row>[] = [
  { id: "name", title: "Environment", kind: "name", render: ({ environment }) => <Chosen environment={environment} /> },
  {
    id: "requests",
    title: "Requests",
    kind: "number",
    sortBy: ({ totals }) => totals.requests ?? 0,
    render: ({ totals }) => <Amount value={totals.requests ?? 0} />,
  },
  {
    id: "accepted",
    title: "Accepted",
    kind: "number",
    render: ({ totals }) => <Amount value={totals.accepted ?? 0} />,
  },
  {
    id: "refused",
    title: "Refused",
    kind: "number",
    render: ({ totals }) => {
      const share = refusedShare(totals);
      return share === null ? "–" : percent(share);
    },
  },
  {
    id: "delivered",
    title: "Delivered",
    kind: "number",
    render: ({ totals }) => <Amount value={totals.delivered ?? 0} />,
  },
  {
    id: "dollars",
    title: "Cost per million events",
    kind: "number",
    render: ({ environment, totals }) => {
      const traffic = trafficOf(totals, costedDestination(environment));
      return traffic === null ? "–" : dollars(dollarsPerMillion(traffic));
    },
  },
];

function Chosen({ environment }: { environment: Model<"Environment"> }) {
  const search = useSearch({ from: "/app/endpoints/$endpointId/" });
  return (
    <TextLink
      to="/endpoints/$endpointId"
      params={{ endpointId: environment.endpoint_id }}
      search={{ ...search, environment: environment.id }}
    >
      {environment.name}
    </TextLink>
  );
}
