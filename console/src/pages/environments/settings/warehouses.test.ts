import { expect, test } from "vitest";

import { grantText, isQueried, WAREHOUSES } from "@/pages/environments/settings/warehouses";

test("a grant is its command, or its policy in lines", () => {
  const common = { title: "t", document: null, command: null };
  expect(grantText({ ...common, kind: "command", command: "aws s3 ls" })).toBe("aws s3 ls");
  expect(grantText({ ...common, kind: "policy", document: { Version: "2012-10-17" } })).toBe(
    '{\n  "Version": "2012-10-17"\n}',
  );
});

test("what is sent to a queue can't be queried there", () => {
  expect(isQueried({ type: "s3", managed: true })).toBe(true);
  expect(isQueried({ type: "lake", managed: true, table_format: "iceberg", table: "t" })).toBe(true);
  expect(isQueried({ type: "http" } as Parameters<typeof isQueried>[0])).toBe(false);
});

test("warehouses stand in alphabetical order", () => {
  const labels = WAREHOUSES.map(({ label }) => label);
  expect(labels).toEqual([...labels].sort());
});
