/** The kinds of destinations that the console offers, each with a picture and what it does with events. */

import {
  IconApi,
  IconArrowFork,
  IconBucket,
  IconChartBar,
  IconColumns3,
  IconDatabase,
  IconList,
  IconTimeline,
  type Icon,
} from "@tabler/icons-react";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";

export interface DestinationKind {
  value: EnvironmentForm["destination"]["kind"];
  label: string;
  about: string;
  /** What else it is searched by: other names of it, and what reads it. */
  words: string;
  Picture: Icon;
}

// BigQuery reads both, but has a kind of its own, which who searches for it means.
const BUCKET_WORDS = "data lake files JSON warehouse Athena ClickHouse Databricks DuckDB Snowflake";
const LAKE_WORDS = "data lakehouse Apache Iceberg Parquet Glue warehouse Athena DuckDB Snowflake Spark Trino";
const LAKE = "Adds events as typed rows, with a column for each field and each event once, about every minute.";

export const DESTINATION_KINDS: readonly DestinationKind[] = [
  {
    value: "managed",
    label: "This deployment’s own S3 bucket",
    about: "Gzipped objects by day and hour. There is nothing to set up.",
    words: BUCKET_WORDS,
    Picture: IconBucket,
  },
  {
    value: "bucket",
    label: "An S3 bucket of yours",
    about: "Gzipped objects by day and hour, written through a role of yours.",
    words: `${BUCKET_WORDS} Redshift`,
    Picture: IconBucket,
  },
  {
    value: "bigquery",
    label: "Google BigQuery",
    about: "Loads or streams events into typed tables, and keeps a view over the tables of all revisions.",
    words: "Google Cloud GCP warehouse",
    Picture: IconChartBar,
  },
  {
    value: "postgres",
    label: "A PostgreSQL database of yours",
    about: "Inserts each event once into a table that grows with your revisions.",
    words: "RDS Aurora SQL",
    Picture: IconDatabase,
  },
  {
    value: "http",
    label: "A URL of yours, over HTTPS",
    about: "Posts batches of events, and tries again until they are accepted.",
    words: "webhook POST API endpoint",
    Picture: IconApi,
  },
  {
    value: "sqs",
    label: "An Amazon SQS queue of yours",
    about: "Sends each event as a message.",
    words: "AWS FIFO messages",
    Picture: IconList,
  },
  {
    value: "kinesis",
    label: "An Amazon Kinesis data stream of yours",
    about: "Puts each event as a record.",
    words: "AWS streaming records",
    Picture: IconTimeline,
  },
  {
    value: "eventbridge",
    label: "An Amazon EventBridge bus of yours",
    about: "Puts each event on the bus, for your rules to match.",
    words: "AWS event bus detail type",
    Picture: IconArrowFork,
  },
  {
    value: "lake",
    label: "A lake in this deployment’s own bucket",
    about: LAKE,
    words: LAKE_WORDS,
    Picture: IconColumns3,
  },
  {
    value: "bucket_lake",
    label: "A lake in an S3 bucket of yours",
    about: LAKE,
    words: LAKE_WORDS,
    Picture: IconColumns3,
  },
];

export const KIND_BY_VALUE: ReadonlyMap<string, DestinationKind> = new Map(
  DESTINATION_KINDS.map((kind) => [kind.value, kind]),
);

/** What a destination of a kind is found by. */
export function searchedText(kind: DestinationKind): string {
  return `${kind.label} ${kind.about} ${kind.words}`;
}

/** The type that never changes: both kinds of buckets have one, and both kinds of lakes. */
export function typeOf(kind: string): string {
  if (kind === "bucket_lake") return "lake";
  return kind === "managed" || kind === "bucket" ? "s3" : kind;
}
