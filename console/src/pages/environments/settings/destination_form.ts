/** A destination as a form holds it, and as the API takes it. */

import type { Model } from "@/api/types";
import {
  EMPTY_ENTRIES,
  eventBridgeDestinationOf,
  eventBridgeFormFrom,
  kinesisDestinationOf,
  kinesisFormFrom,
  sqsDestinationOf,
  sqsFormFrom,
  type EntriesForm,
} from "@/pages/environments/settings/entries_form";
import { EMPTY_HTTP, httpDestinationOf, httpFormFrom, type HttpForm } from "@/pages/environments/settings/http_form";
import {
  EMPTY_POSTGRES,
  postgresDestinationOf,
  postgresFormFrom,
  type PostgresForm,
} from "@/pages/environments/settings/postgres_form";

export type DestinationKind =
  "managed" | "bucket" | "bigquery" | "postgres" | "http" | "sqs" | "kinesis" | "eventbridge" | "lake" | "bucket_lake";
type Destination = Model<"EnvironmentCreate">["destination"];
type Shown = Model<"Environment">["destination"];

export interface DestinationForm extends HttpForm, EntriesForm, PostgresForm {
  kind: DestinationKind;
  bucket: string;
  prefix: string;
  region: string;
  role_arn: string;
  database: string;
  project: string;
  dataset: string;
  location: string;
  mode: "load" | "stream";
  partitioning: "DAY" | "HOUR";
  require_partition_filter: boolean;
  table: string;
  table_format: "iceberg" | "parquet";
  /** JSON of a service account's key, or of a workload identity's configuration; empty keeps what there is. */
  credentials: string;
}

export const EMPTY_DESTINATION: DestinationForm = {
  ...EMPTY_HTTP,
  ...EMPTY_ENTRIES,
  ...EMPTY_POSTGRES,
  kind: "managed",
  bucket: "",
  prefix: "",
  region: "",
  role_arn: "",
  database: "",
  project: "",
  dataset: "",
  location: "US",
  mode: "load",
  partitioning: "DAY",
  require_partition_filter: false,
  table: "",
  table_format: "iceberg",
  credentials: "",
};

export function formFrom(shown: Shown): DestinationForm {
  if (shown.type === "bigquery") {
    const { project, dataset, location, mode, partitioning, require_partition_filter, table } = shown;
    return {
      ...EMPTY_DESTINATION,
      kind: "bigquery",
      project,
      dataset,
      location,
      mode,
      partitioning,
      require_partition_filter,
      table,
    };
  }
  if (shown.type === "http") return { ...EMPTY_DESTINATION, ...httpFormFrom(shown), kind: "http" };
  if (shown.type === "sqs") return { ...EMPTY_DESTINATION, ...sqsFormFrom(shown), kind: "sqs" };
  if (shown.type === "kinesis") return { ...EMPTY_DESTINATION, ...kinesisFormFrom(shown), kind: "kinesis" };
  if (shown.type === "eventbridge") {
    return { ...EMPTY_DESTINATION, ...eventBridgeFormFrom(shown), kind: "eventbridge" };
  }
  if (shown.type === "lake") {
    if ("managed" in shown)
      return { ...EMPTY_DESTINATION, kind: "lake", table: shown.table, table_format: shown.table_format };
    const { bucket, prefix, region, role_arn, database, table, table_format } = shown;
    const place = { bucket, prefix, region, role_arn, database };
    return { ...EMPTY_DESTINATION, kind: "bucket_lake", ...place, table, table_format };
  }
  if (shown.type === "postgres") return { ...EMPTY_DESTINATION, ...postgresFormFrom(shown), kind: "postgres" };
  if ("managed" in shown) return EMPTY_DESTINATION;
  const { bucket, prefix, region, role_arn } = shown;
  return { ...EMPTY_DESTINATION, kind: "bucket", bucket, prefix, region, role_arn };
}

/** The body's `destination`, or why its credentials can't be read. */
export function destinationOf(form: DestinationForm): Destination | string {
  switch (form.kind) {
    case "managed":
      return { type: "s3", managed: true };
    case "bucket":
      return { type: "s3", bucket: form.bucket, prefix: form.prefix, region: form.region, role_arn: form.role_arn };
    case "http":
      return httpDestinationOf(form);
    case "sqs":
      return sqsDestinationOf(form);
    case "kinesis":
      return kinesisDestinationOf(form);
    case "eventbridge":
      return eventBridgeDestinationOf(form);
    case "lake":
      return {
        type: "lake",
        managed: true,
        table_format: form.table_format,
        ...(form.table === "" ? {} : { table: form.table }),
      };
    case "bucket_lake":
      return {
        type: "lake",
        bucket: form.bucket,
        prefix: form.prefix,
        region: form.region,
        role_arn: form.role_arn,
        table_format: form.table_format,
        ...(form.database === "" ? {} : { database: form.database }),
        ...(form.table === "" ? {} : { table: form.table }),
      };
    case "postgres":
      return postgresDestinationOf(form);
    case "bigquery": {
      const destination: Model<"BigQueryDestination"> = {
        type: "bigquery",
        project: form.project,
        dataset: form.dataset,
        location: form.location,
        mode: form.mode,
        partitioning: form.partitioning,
        require_partition_filter: form.require_partition_filter,
        ...(form.table === "" ? {} : { table: form.table }),
      };
      if (form.credentials.trim() === "") return destination;
      const key = keyFrom(form.credentials);
      if (key === null) return "The credentials are not a JSON object.";
      return key.type === "external_account"
        ? { ...destination, workload_identity: key as Model<"WorkloadIdentity"> }
        : { ...destination, credentials: key as Model<"ServiceAccountKey"> };
    }
  }
}

function keyFrom(text: string): { type?: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** `S3, managed`, `S3, my-bucket/raw/`, `BigQuery, project.dataset`, `HTTP, example.com`, `SQS, events`, `Kinesis, events` and so on. */
export function destinationText(shown: Shown): string {
  if (shown.type === "bigquery") return `BigQuery, ${shown.project}.${shown.dataset}`;
  if (shown.type === "http") return `HTTP, ${new URL(shown.url).host}`;
  if (shown.type === "sqs") return `SQS, ${lastPart(shown.queue_url)}`;
  if (shown.type === "kinesis") return `Kinesis, ${lastPart(shown.stream_arn)}`;
  if (shown.type === "eventbridge") return `EventBridge, ${lastPart(shown.bus_arn)}`;
  if (shown.type === "lake") return `Lake, ${shown.table}`;
  if (shown.type === "postgres") return `PostgreSQL, ${shown.database}.${shown.schema}.${shown.table}`;
  return "managed" in shown ? "S3, managed" : `S3, ${shown.bucket}/${shown.prefix}`;
}

/** What of an environment’s data is there after it is deleted, as a sentence; null where it keeps nothing. */
export function whatStays(shown: Shown): string | null {
  switch (shown.type) {
    case "http":
    case "sqs":
    case "kinesis":
    case "eventbridge":
      return null;
    case "lake":
      return `The table ${shown.table} and its files stay in the lake, and the name stays taken, until you remove them.`;
    case "bigquery":
      return "Its tables and their view stay in BigQuery until you remove them.";
    case "postgres":
      return `The table ${shown.table} stays in the database until you remove it.`;
    case "s3":
      return "managed" in shown
        ? "Delivered objects stay in the deployment’s bucket until they are removed there."
        : `Delivered objects stay in ${shown.bucket} until you remove them.`;
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The signing secret that an answer shows once, if it does. */
export function signingSecretOf({ destination }: Model<"Environment">): string | null {
  return destination.type === "http" ? destination.signing_secret : null;
}
