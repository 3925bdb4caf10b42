import { expect, test } from "vitest";

import { DESTINATION_KINDS, searchedText } from "@/pages/environments/settings/destination_kinds";
import { WAREHOUSES } from "@/pages/environments/settings/warehouses";
import { matching } from "@/text/matching";

function found(search: string): string[] {
  return matching(DESTINATION_KINDS, search, searchedText).map(({ value }) => value);
}

test("a destination is found by what reads it", () => {
  expect(found("snowflake")).toEqual(["managed", "bucket", "lake", "bucket_lake"]);
  expect(found("iceberg")).toEqual(["lake", "bucket_lake"]);
  expect(found("trino")).toEqual(["lake", "bucket_lake"]);
});

test("a bucket of yours is found by every warehouse that loads it, and BigQuery by its own name alone", () => {
  for (const { value, label } of WAREHOUSES) {
    const name = label.replace(/ \(.*/, "").replace("Amazon ", "");
    if (value === "bigquery_external") expect(found(name)).toEqual(["bigquery"]);
    else expect(found(name), label).toContain("bucket");
  }
  expect(found("redshift")).toEqual(["bucket"]); // it can't hear of new objects in the deployment's own
});

test("a destination is found by other names of it", () => {
  expect(found("webhook")).toEqual(["http"]);
  expect(found("event bus")).toEqual(["eventbridge"]);
  expect(found("aurora")).toEqual(["postgres"]);
});

test("each destination has a name and a picture's sentence, and no name twice", () => {
  const labels = DESTINATION_KINDS.map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  for (const { about } of DESTINATION_KINDS) expect(about).toMatch(/^[A-Z].*\.$/);
});
