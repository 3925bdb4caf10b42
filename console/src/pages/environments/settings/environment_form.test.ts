import { describe, expect, it } from "vitest";

import type { Model } from "@/api/types";
import { destinationOf, EMPTY_DESTINATION, formFrom } from "@/pages/environments/settings/destination_form";
import { emptyEnvironment, environmentForm, settingsOf } from "@/pages/environments/settings/environment_form";

describe("a destination's form", () => {
  it("is empty for the deployment's own bucket", () => {
    expect(formFrom({ type: "s3", managed: true })).toEqual(EMPTY_DESTINATION);
    expect(destinationOf(EMPTY_DESTINATION)).toEqual({ type: "s3", managed: true });
  });

  it("names a lake's table only if it was named", () => {
    const lake = { ...EMPTY_DESTINATION, kind: "lake" as const };
    expect(destinationOf(lake)).toEqual({ type: "lake", managed: true, table_format: "iceberg" });
    const named = { type: "lake", managed: true, table_format: "iceberg", table: "shop" } as const;
    expect(destinationOf({ ...lake, table: "shop" })).toEqual(named);
    expect(formFrom(named)).toEqual({ ...lake, table: "shop" });
    const files = { ...named, table_format: "parquet" } as const;
    expect(destinationOf(formFrom(files))).toEqual(files);
  });

  it("names the bucket, the database and the role of a lake of a user", () => {
    const place = { bucket: "my-lake", prefix: "events/", region: "eu-west-1", role_arn: "arn:aws:iam::1:role/lake" };
    const lake = { ...EMPTY_DESTINATION, ...place, kind: "bucket_lake" as const };
    expect(destinationOf(lake)).toEqual({ type: "lake", ...place, table_format: "iceberg" });
    const named = { type: "lake", ...place, table_format: "parquet", database: "shops", table: "shop" } as const;
    expect(destinationOf({ ...lake, database: "shops", table: "shop", table_format: "parquet" })).toEqual(named);
    const shown = { ...named, external_id: "org_1" } as const;
    expect(destinationOf(formFrom(shown))).toEqual(named);
  });

  it("tells a key from a workload identity by its type", () => {
    const bigquery = { ...EMPTY_DESTINATION, kind: "bigquery" as const, project: "my-project", dataset: "events" };
    const key = destinationOf({ ...bigquery, credentials: '{"type": "service_account"}' });
    expect(key).toMatchObject({ credentials: { type: "service_account" } });
    const identity = destinationOf({ ...bigquery, credentials: '{"type": "external_account"}' });
    expect(identity).toMatchObject({ workload_identity: { type: "external_account" } });
    expect(destinationOf(bigquery)).not.toHaveProperty("credentials");
    expect(destinationOf({ ...bigquery, credentials: "no JSON" })).toBe("The credentials are not a JSON object.");
  });
});

const ENVIRONMENT: Model<"Environment"> = {
  id: "env_1",
  endpoint_id: "ep_1",
  revision_id: "rev_1",
  name: "Production",
  address: "https://ingest.example/e/env_1",
  custom_domain: null,
  canary: null,
  delivery_error: null,
  destination: { type: "s3", managed: true },
  on_invalid: "reject",
  allowed_origins: ["https://shop.example"],
  write_keys: ["shop-web"],
  webhooks: [],
  rate_limit: 500,
  streams: 4,
  buffer_seconds: 300,
  store_addresses: true,
  quarantine_protected: false,
  taps: "on",
  status: "active",
  status_reason: null,
  version: 3,
  deployed_at: "2026-11-25T09:00:00.000Z",
  created_at: "2026-11-25T09:00:00.000Z",
  updated_at: "2026-11-25T09:00:00.000Z",
};

describe("an environment's form", () => {
  it("sends origins by line, and no limit where none is given", () => {
    const form = {
      ...emptyEnvironment("rev_1"),
      name: " Live ",
      allowed_origins: "https://a.example\n\n https://b.example",
    };
    expect(settingsOf(form)).toEqual({
      name: "Live",
      destination: { type: "s3", managed: true },
      on_invalid: "quarantine",
      allowed_origins: ["https://a.example", "https://b.example"],
      rate_limit: null,
      streams: 1,
      buffer_seconds: null,
      store_addresses: false,
      quarantine_protected: false,
      taps: "on",
    });
  });

  it("tells no time to gather from none that is set", () => {
    expect(settingsOf({ ...emptyEnvironment("rev_1"), buffer_seconds: 0 })).toMatchObject({ buffer_seconds: 0 });
    expect(environmentForm({ ...ENVIRONMENT, buffer_seconds: 0 }).buffer_seconds).toBe(0);
    expect(environmentForm({ ...ENVIRONMENT, buffer_seconds: null }).buffer_seconds).toBe("");
  });

  it("sends back what an environment has", () => {
    const made = { ...ENVIRONMENT, quarantine_protected: true, taps: "off" as const };
    const { name, destination, on_invalid, allowed_origins, rate_limit, streams, buffer_seconds, store_addresses } =
      made;
    expect(settingsOf(environmentForm(made))).toEqual({
      name,
      destination,
      on_invalid,
      allowed_origins,
      rate_limit,
      streams,
      buffer_seconds,
      store_addresses,
      quarantine_protected: true,
      taps: "off",
    });
  });
});
