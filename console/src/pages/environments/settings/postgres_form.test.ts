import { describe, expect, it } from "vitest";

import {
  EMPTY_DESTINATION,
  destinationOf,
  destinationText,
  formFrom,
} from "@/pages/environments/settings/destination_form";
import { roleStatements } from "@/pages/environments/settings/postgres_form";

const SHOWN = {
  type: "postgres",
  host: "db.example.com",
  port: 5432,
  database: "warehouse",
  user: "ingest",
  has_ca_certificates: true,
  schema: "events",
  table: "shop",
  max_connections: 5,
} as const;

describe("a table in PostgreSQL", () => {
  it("is named by its database, schema and table", () => {
    expect(destinationText(SHOWN)).toBe("PostgreSQL, warehouse.events.shop");
  });

  it("keeps its connection string and its certificates where nothing is written", () => {
    const form = formFrom(SHOWN);
    expect(form.postgres_place).toBe("ingest@db.example.com:5432/warehouse");
    expect(destinationOf(form)).toEqual({
      type: "postgres",
      schema: "events",
      table: "shop",
      max_connections: 5,
    });
  });

  it("is written with what was filled in", () => {
    const form = { ...EMPTY_DESTINATION, kind: "postgres", dsn: " postgresql://u:p@h/d ", schema: " raw " } as const;
    expect(destinationOf(form)).toEqual({ type: "postgres", dsn: "postgresql://u:p@h/d", schema: "raw" });
    expect(destinationOf({ ...form, ca_certificates: "PEM", table: "t" })).toMatchObject({
      ca_certificates: "PEM",
      table: "t",
    });
  });

  it("quotes the schema in the statements for a role", () => {
    expect(roleStatements('a"b')).toContain('GRANT USAGE, CREATE ON SCHEMA "a""b" TO ingest;');
    expect(roleStatements("")).toContain('"events"');
  });
});
