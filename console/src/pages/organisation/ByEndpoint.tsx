import { Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, sorted, type Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { refusedShare } from "@/pages/overview/ledger";
import { noun, percent } from "@/text/units";
import { useNow } from "@/time/now";
import { rangeOf, rangeQuery } from "@/time/periods";

const MOST = 50; // that one answer shows apart
const DAY_MS = 86_400_000;

interface Row {
  endpoint: Model<"Endpoint">;
  totals: Model<"UsageCounts">;
  /** Of all requests of the month. */
  share: number;
}

/** This month's usage by endpoint, the busiest first. */
export function ByEndpoint() {
  const endpoints = useQuery(lists.endpoints());
  const today = Math.ceil(useNow() / DAY_MS) * DAY_MS;
  const asked = endpoints.data?.slice(0, MOST) ?? [];
  const query = {
    by: "endpoint" as const,
    ids: asked.map(({ id }) => id).join(","),
    ...rangeQuery(rangeOf("this-month", today - 1)),
    metrics: "requests,bytes,accepted,rejected,limited",
  };
  const usage = api.useQuery("get", "/v1/usage", { params: { query } }, { enabled: asked.length > 0 });
  if (asked.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Usage by endpoint">
      <Title order={3}>By endpoint this month</Title>
      <Loaded query={usage} failed="The usage could not be loaded">
        {({ groups = [], totals }) => (
          <DataTable
            label="Usage by endpoint"
            phone="list"
            columns={COLUMNS}
            rows={sorted(rowsOf(asked, groups, totals.requests ?? 0), COLUMNS, { by: "requests", descending: true })}
            rowKey={({ endpoint }) => endpoint.id}
          />
        )}
      </Loaded>
      {(endpoints.data?.length ?? 0) > MOST && (
        <Text size="sm" c="dimmed">
          Of the first {MOST} endpoints.
        </Text>
      )}
    </Stack>
  );
}

function rowsOf(endpoints: Model<"Endpoint">[], groups: readonly Model<"UsageGroup">[], all: number): Row[] {
  const byId = new Map(groups.map(({ id, totals }) => [id, totals]));
  return endpoints.map((endpoint) => {
    const totals = byId.get(endpoint.id) ?? {};
    return { endpoint, totals, share: all === 0 ? 0 : (totals.requests ?? 0) / all };
  });
}

const COLUMNS: Column<Row>[] = [
  {
    id: "name",
    title: "Endpoint",
    kind: "name",
    render: ({ endpoint }) => (
      <TextLink to="/endpoints/$endpointId" params={{ endpointId: endpoint.id }} search={{ period: "this-month" }}>
        {endpoint.name}
      </TextLink>
    ),
  },
  { id: "share", title: "Share", kind: "number", render: ({ share }) => percent(share) },
  {
    id: "requests",
    title: "Requests",
    kind: "number",
    sortBy: ({ totals }) => totals.requests ?? 0,
    render: ({ totals }) => <Counted of={totals.requests} what="request" />,
  },
  {
    id: "bytes",
    title: "Bytes",
    kind: "number",
    render: ({ totals }) => <Amount value={totals.bytes ?? 0} unit="bytes" />,
  },
  {
    id: "accepted",
    title: "Events accepted",
    kind: "number",
    render: ({ totals }) => <Counted of={totals.accepted} what="event" />,
  },
  {
    id: "refused",
    title: "Refused",
    kind: "number",
    render: ({ totals }) => {
      const share = refusedShare(totals);
      return share === null ? (
        "–"
      ) : (
        <span>
          {percent(share)}
          <span className="on-phone"> refused</span>
        </span>
      );
    },
  },
];

/** A number; where a phone has no column heads, with what it counts. */
function Counted({ of = 0, what }: { of?: number | undefined; what: string }) {
  return (
    <span>
      <Amount value={of} />
      <span className="on-phone"> {noun(of, what)}</span>
    </span>
  );
}
