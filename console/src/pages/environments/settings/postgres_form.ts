/** A table in PostgreSQL as a form holds it, and as the API takes it. */

import type { Model } from "@/api/types";

export interface PostgresForm {
  /** Empty keeps the one that is there, which nobody sees. */
  dsn: string;
  /** Where the one that is there leads. */
  postgres_place: string;
  ca_certificates: string;
  schema: string;
  /** Empty: as many as the API's default. */
  max_connections: number | "";
}

export const EMPTY_POSTGRES: PostgresForm = {
  dsn: "",
  postgres_place: "",
  ca_certificates: "",
  schema: "",
  max_connections: "",
};

/** The table is shared with other kinds of destinations. */
interface WithTable extends PostgresForm {
  table: string;
}

export function postgresFormFrom(shown: Model<"ShownPostgresDestination">): WithTable {
  const { schema, table, max_connections } = shown;
  return { ...EMPTY_POSTGRES, schema, table, max_connections, postgres_place: placeText(shown) };
}

export function postgresDestinationOf(form: WithTable): Model<"PostgresDestination"> {
  const dsn = form.dsn.trim();
  const certificates = form.ca_certificates.trim();
  return {
    type: "postgres",
    schema: form.schema.trim(),
    ...(form.table.trim() === "" ? {} : { table: form.table.trim() }),
    ...((form.max_connections === "" ? {} : { max_connections: form.max_connections }) as { max_connections: number }),
    // A change without it keeps the one that is there.
    ...((dsn === "" ? {} : { dsn }) as { dsn: string }),
    ...(certificates === "" ? {} : { ca_certificates: certificates }),
  };
}

/** `ingest@db.example.com:5432/warehouse`. */
export function placeText({ user, host, port, database }: Model<"ShownPostgresDestination">): string {
  return `${user}@${host.includes(":") ? `[${host}]` : host}:${String(port)}/${database}`;
}

/** What an administrator of the database runs. */
export function roleStatements(schema: string): string {
  const name = schema.trim() === "" ? "events" : schema.trim();
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return [
    "CREATE ROLE ingest LOGIN PASSWORD '…' CONNECTION LIMIT 20;",
    `CREATE SCHEMA IF NOT EXISTS ${quoted};`,
    `GRANT USAGE, CREATE ON SCHEMA ${quoted} TO ingest;`,
  ].join("\n");
}
