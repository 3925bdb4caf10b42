import { expect, it } from "vitest";

import { whatStays } from "@/pages/environments/settings/destination_form";

const PLACE = { region: "eu-west-1", role_arn: "arn:aws:iam::1:role/r", external_id: "org_1" };

it("says of a lake that its table, its files and the taken name stay", () => {
  const said = "The table shop and its files stay in the lake, and the name stays taken, until you remove them.";
  const table = { table_format: "iceberg", table: "shop" } as const;
  expect(whatStays({ type: "lake", managed: true, ...table })).toBe(said);
  expect(whatStays({ type: "lake", bucket: "b", prefix: "", database: "ingest", ...PLACE, ...table })).toBe(said);
});

it("says of each bucket whose it is", () => {
  expect(whatStays({ type: "s3", managed: true })).toContain("the deployment’s bucket");
  expect(whatStays({ type: "s3", bucket: "mine", prefix: "", ...PLACE })).toContain("stay in mine");
});

it("says nothing where nothing is kept", () => {
  expect(
    whatStays({ type: "kinesis", stream_arn: "arn:aws:kinesis:eu-west-1:1:stream/s", ...PLACE } as never),
  ).toBeNull();
});
