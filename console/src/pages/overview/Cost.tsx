import { Group, Paper, Stack, Text, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { DocsPageLink } from "@/components/DocsLink";
import {
  ALB_DOLLARS_PER_MONTH,
  LAKE_DOLLARS_PER_MONTH,
  PARQUET_DOLLARS_PER_MONTH,
  costedDestination,
  dollars,
  dollarsPerMillion,
  trafficOf,
  type Traffic,
} from "@/pages/overview/cost";
import { exactBytes, percent } from "@/text/units";

const MONTH_MS = 30 * 86_400_000;
const BATCHES = [10, 100];

interface Change {
  what: string;
  perMillion: number;
  /** What it costs or asks beside. */
  beside: string;
}

interface Props {
  environment: Model<"Environment">;
  totals: Model<"UsageCounts">;
  range: { from: number; to: number };
}

/** About what an environment costs on AWS, and what would change it. */
export function Cost({ environment, totals, range }: Props) {
  const traffic = trafficOf(totals, costedDestination(environment));
  return (
    <Paper>
      <Stack>
        <Title order={3}>Estimated cost on AWS</Title>
        {traffic === null ? (
          <Text c="dimmed">No event was accepted in this period, so there is nothing to estimate from.</Text>
        ) : (
          <Estimate traffic={traffic} totals={totals} range={range} />
        )}
      </Stack>
    </Paper>
  );
}

function Estimate({ traffic, totals, range }: Omit<Props, "environment"> & { traffic: Traffic }) {
  const now = dollarsPerMillion(traffic);
  const { accepted = 0, rejected = 0, limited = 0 } = totals;
  const perMonth = ((accepted + rejected + limited) * MONTH_MS) / Math.max(1, range.to - range.from);
  const columns: Column<Change>[] = [
    { id: "what", title: "What would change it", kind: "name", render: ({ what }) => what, onPhone: "line" },
    {
      id: "dollars",
      title: "A million events",
      kind: "number",
      render: ({ perMillion }) => (
        <>
          {dollars(perMillion)}{" "}
          <Text span size="sm" c="dimmed">
            {changeText(perMillion, now)}
          </Text>
        </>
      ),
    },
    { id: "beside", title: "Beside that", render: ({ beside }) => <Text size="sm">{beside}</Text>, onPhone: "line" },
  ];
  return (
    <>
      <Group gap="xl" align="baseline">
        <Figure what="a million events" amount={now} />
        <Figure what="in 30 days as busy as these" amount={(now * perMonth) / 1_000_000} />
      </Group>
      <Text size="sm" c="dimmed">
        With {traffic.eventsPerRequest.toLocaleString("en-GB", { maximumFractionDigits: 1 })} events per request and{" "}
        {exactBytes(Math.round(traffic.eventBytes))} per event, as in this period, behind an HTTP API. From list prices
        of us-east-1, without what a deployment costs at rest, taxes and discounts.{" "}
        <DocsPageLink file="cost.md">How it is estimated</DocsPageLink>
      </Text>
      <DataTable
        label="What would change the cost"
        phone="list"
        columns={columns}
        rows={changesOf(traffic)}
        rowKey={({ what }) => what}
      />
    </>
  );
}

function changeText(perMillion: number, now: number): string {
  const share = (perMillion - now) / now;
  if (Math.abs(share) < 0.005) return "about as now";
  return `${share > 0 ? "+" : ""}${percent(share)}`;
}

function Figure({ what, amount }: { what: string; amount: number }) {
  return (
    <div>
      <Text fz={24} fw={600} lh={1.3} className="figures">
        {dollars(amount)}
      </Text>
      <Text size="sm" c="dimmed">
        {what}
      </Text>
    </div>
  );
}

function changesOf(traffic: Traffic): Change[] {
  const batches = BATCHES.filter((events) => events > traffic.eventsPerRequest * 1.5).map((events) => ({
    what: `${events} events per request`,
    perMillion: dollarsPerMillion({ ...traffic, eventsPerRequest: events }),
    beside: "Senders gather events before they send them.",
  }));
  const balancer = {
    what: "A load balancer as the front door",
    perMillion: dollarsPerMillion(traffic, "alb"),
    beside: `${dollars(ALB_DOLLARS_PER_MONTH)} a month for the load balancer.`,
  };
  const functionUrl = {
    what: "A function URL as the front door",
    perMillion: dollarsPerMillion(traffic, "function_url"),
    beside: "It has no domain of yours, and no firewall.",
  };
  return [...batches, functionUrl, balancer, ...destinationsOf(traffic)];
}

const DESTINATIONS = [
  { destination: "s3", what: "S3 as the destination", beside: "Queries cost what your engine asks." },
  { destination: "bigquery_load", what: "BigQuery by load jobs", beside: "BigQuery’s storage and queries." },
  { destination: "bigquery_stream", what: "BigQuery by streaming", beside: "BigQuery’s storage and queries." },
  {
    destination: "lake",
    what: "A lake of Iceberg",
    beside: `Up to ${dollars(LAKE_DOLLARS_PER_MONTH)} a month for its commits, and what looks after the table.`,
  },
  {
    destination: "lake_parquet",
    what: "A lake of Parquet files",
    beside: `Up to ${dollars(PARQUET_DOLLARS_PER_MONTH)} a month for their objects.`,
  },
  { destination: "postgres", what: "A table in PostgreSQL", beside: "The database." },
  { destination: "http", what: "A URL, 500 events per request", beside: "What takes the requests." },
  { destination: "sqs", what: "An SQS queue", beside: "What receives the messages; SQS bills the queue’s account." },
  { destination: "kinesis", what: "A Kinesis stream", beside: "The shards, which are billed to the stream’s account." },
  { destination: "eventbridge", what: "An EventBridge bus", beside: "Its rules; AWS bills the bus’s account." },
] as const;

function destinationsOf(traffic: Traffic): Change[] {
  return DESTINATIONS.filter(({ destination }) => destination !== traffic.destination).map(
    ({ destination, what, beside }) => ({
      what,
      perMillion: dollarsPerMillion({ ...traffic, destination }),
      beside,
    }),
  );
}
