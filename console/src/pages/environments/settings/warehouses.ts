import type { Model } from "@/api/types";

export type Warehouse = Model<"WarehouseScript">["engine"];

/** What warehouses there are, in alphabetical order. */
export const WAREHOUSES: { value: Warehouse; label: string }[] = [
  { value: "athena", label: "Amazon Athena" },
  { value: "redshift", label: "Amazon Redshift" },
  { value: "bigquery_external", label: "BigQuery (external table)" },
  { value: "clickhouse", label: "ClickHouse" },
  { value: "databricks", label: "Databricks" },
  { value: "duckdb", label: "DuckDB" },
  { value: "snowflake", label: "Snowflake" },
];

/** Whether there are queries of a destination: an engine can read what it holds. */
export function isQueried({ type }: Model<"Environment">["destination"]): boolean {
  return type === "s3" || type === "lake" || type === "bigquery" || type === "postgres";
}

/** Returns what to paste on the side of AWS: a command, or a policy. */
export function grantText({ command, document }: Model<"WarehouseGrant">): string {
  return command ?? JSON.stringify(document, null, 2);
}
