import { expect, test } from "vitest";

import {
  bucketPolicy,
  busPolicy,
  lakePolicy,
  lakeTrustPolicy,
  queuePolicy,
  serviceAccountCommands,
  streamPolicy,
  trustPolicy,
} from "@/pages/environments/settings/policies";

test("a role trusts the deployment's account for one organisation alone", () => {
  expect(JSON.parse(trustPolicy("210987654321", "org_1"))).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { AWS: "arn:aws:iam::210987654321:root" },
        Condition: { StringEquals: { "sts:ExternalId": "org_1" } },
      },
    ],
  });
});

test("a role writes below its prefix alone", () => {
  const resource = (bucket: string, prefix: string) =>
    (JSON.parse(bucketPolicy(bucket, prefix)) as { Statement: { Resource: string }[] }).Statement[0]?.Resource;
  expect(resource("my-events", "raw/")).toBe("arn:aws:s3:::my-events/raw/*");
  expect(resource("my-events", "")).toBe("arn:aws:s3:::my-events/*");
});

test("a role sends to its queue alone, in the partition that the URL says", () => {
  const queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo";
  expect(JSON.parse(queuePolicy(` ${queue}`))).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:123456789012:events.fifo" },
    ],
  });
  expect(queuePolicy("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/e")).toContain(
    "arn:aws-cn:sqs:cn-north-1:123456789012:e",
  );
  expect(queuePolicy("https://sqs")).toContain("<ARN>");
});

test("a role puts records into its stream alone", () => {
  const arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";
  expect(JSON.parse(streamPolicy(` ${arn}`))).toEqual({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "kinesis:PutRecords", Resource: arn }],
  });
  expect(streamPolicy("")).toContain("<ARN>");
});

test("a role looks at its bus and puts events on it alone", () => {
  const arn = "arn:aws:events:eu-west-1:123456789012:event-bus/events";
  expect(JSON.parse(busPolicy(` ${arn}`))).toEqual({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["events:DescribeEventBus", "events:PutEvents"], Resource: arn }],
  });
});

test("what is not known stands between angle brackets", () => {
  expect(trustPolicy(null, undefined)).toContain("arn:aws:iam::<deployment account>:root");
  expect(bucketPolicy(" ", "")).toContain("arn:aws:s3:::<bucket>/*");
});

test("a service account gets its rights where the events go", () => {
  const commands = serviceAccountCommands({ project: "my-project", dataset: "events", location: "EU" });
  expect(commands).toContain("bq mk --location EU --dataset my-project:events");
  expect(commands).toContain('TO "serviceAccount:ingest@my-project.iam.gserviceaccount.com"');
  expect(serviceAccountCommands({ project: "", dataset: "", location: "" })).toContain("<project>:<data set>");
});

const LAKE = {
  bucket: "my-lake",
  prefix: "events/",
  region: "eu-west-1",
  database: "",
  role_arn: "arn:aws:iam::123456789012:role/lake",
  table_format: "iceberg" as const,
};
const parsed = (text: string) => (JSON.parse(text) as { Statement: Record<string, unknown>[] }).Statement;

test("a role of a lake of files is trusted to this deployment alone, and has no right that Iceberg needs", () => {
  const files = { ...LAKE, table_format: "parquet" as const };
  expect(lakeTrustPolicy("210987654321", "org_1", files)).toEqual(trustPolicy("210987654321", "org_1"));
  const actions = (place: typeof LAKE | typeof files) =>
    parsed(lakePolicy(place)).flatMap(({ Action }) => Action as string | string[]);
  const onlyIceberg = actions(LAKE).filter((action) => !actions(files).includes(action));
  expect(onlyIceberg.sort()).toEqual([
    "glue:CreateTableOptimizer",
    "glue:DeleteTableOptimizer",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
  ]);
});

test("a role of a lake is trusted to Glue as well, and removes no table but those of checks", () => {
  const place = LAKE;
  const { role_arn } = place;
  const trusted = parsed(lakeTrustPolicy("210987654321", "org_1", place));
  expect(trusted.map(({ Principal }) => Principal)).toEqual([
    { AWS: "arn:aws:iam::210987654321:root" },
    { Service: "glue.amazonaws.com" },
  ]);
  expect(trusted[1]?.Condition).toEqual({ StringEquals: { "aws:SourceAccount": "123456789012" } });
  const statements = parsed(lakePolicy(place));
  const resources = (action: string) => statements.find(({ Action }) => [Action].flat().includes(action))?.Resource;
  expect(resources("s3:PutObject")).toBe("arn:aws:s3:::my-lake/events/*");
  expect(resources("iam:PassRole")).toBe(role_arn);
  const glue = "arn:aws:glue:eu-west-1:123456789012";
  expect(resources("glue:UpdateTable")).toEqual([
    `${glue}:catalog`,
    `${glue}:database/ingest`,
    `${glue}:table/ingest/*`,
  ]);
  expect(resources("glue:DeleteTable")).toContain(`${glue}:table/ingest/_ingest_check_*`);
  expect(resources("glue:DeleteTable")).not.toContain(`${glue}:table/ingest/*`);
});
