/** What has to be set up at a destination before it is made here, filled in with what is known. */

/** What stands where something is not known yet. */
const UNKNOWN = {
  account: "<deployment account>",
  organisation: "<organisation>",
  bucket: "<bucket>",
  project: "<project>",
  dataset: "<data set>",
  resource: "<ARN>",
  role: "<role ARN>",
  region: "<region>",
  own_account: "<your account>",
};

/** Lets this deployment take on the role, and for the data of this organisation alone. */
export function trustPolicy(account: string | null, organisationId: string | undefined): string {
  return written(trust(account, organisationId));
}

/** The same, and lets Glue look after tables of Iceberg with the role, for its own account. */
export function lakeTrustPolicy(
  account: string | null,
  organisationId: string | undefined,
  { role_arn, table_format }: Pick<LakePlace, "role_arn" | "table_format">,
): string {
  const ours = trust(account, organisationId);
  if (table_format === "parquet") return written(ours);
  return written(ours, {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { Service: "glue.amazonaws.com" },
    Condition: { StringEquals: { "aws:SourceAccount": accountOf(role_arn) } },
  });
}

function accountOf(roleArn: string): string {
  return roleArn.trim().split(":")[4] ?? UNKNOWN.own_account;
}

function trust(account: string | null, organisationId: string | undefined): object {
  return {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { AWS: `arn:aws:iam::${account ?? UNKNOWN.account}:root` },
    Condition: { StringEquals: { "sts:ExternalId": organisationId ?? UNKNOWN.organisation } },
  };
}

/** Lets the role write below the prefix, and do nothing else. */
export function bucketPolicy(bucket: string, prefix: string): string {
  const name = bucket.trim() === "" ? UNKNOWN.bucket : bucket.trim();
  return written({ Effect: "Allow", Action: "s3:PutObject", Resource: `arn:aws:s3:::${name}/${prefix.trim()}*` });
}

interface LakePlace {
  bucket: string;
  prefix: string;
  region: string;
  database: string;
  role_arn: string;
  table_format: "iceberg" | "parquet";
}

/** Lets the role write files below the prefix and tables of the database, and Glue look after those of Iceberg. */
export function lakePolicy(place: LakePlace): string {
  const bucket = `arn:aws:s3:::${place.bucket.trim() || UNKNOWN.bucket}`;
  const prefix = place.prefix.trim();
  const role = place.role_arn.trim() || UNKNOWN.role;
  const glue = `arn:aws:glue:${place.region.trim() || UNKNOWN.region}:${accountOf(place.role_arn)}`;
  const isIceberg = place.table_format === "iceberg";
  const database = place.database.trim() || "ingest";
  const shared = [`${glue}:catalog`, `${glue}:database/${database}`];
  return written(
    {
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      Resource: `${bucket}/${prefix}*`,
    },
    {
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: bucket,
      Condition: { StringLike: { "s3:prefix": `${prefix}*` } },
    },
    { Effect: "Allow", Action: ["glue:CreateDatabase", "glue:GetDatabase"], Resource: shared },
    {
      Effect: "Allow",
      Action: [
        "glue:CreateTable",
        ...(isIceberg ? ["glue:CreateTableOptimizer"] : []),
        "glue:GetTable",
        "glue:UpdateTable",
      ],
      Resource: [...shared, `${glue}:table/${database}/*`],
    },
    {
      Effect: "Allow",
      Action: ["glue:DeleteTable", ...(isIceberg ? ["glue:DeleteTableOptimizer"] : [])],
      Resource: [...shared, `${glue}:table/${database}/_ingest_check_*`],
    },
    ...(isIceberg ? glueLooksAfter(role) : []),
  );
}

function glueLooksAfter(role: string): object[] {
  return [
    {
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: role,
      Condition: { StringEquals: { "iam:PassedToService": "glue.amazonaws.com" } },
    },
    {
      Effect: "Allow",
      Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: "arn:aws:logs:*:*:log-group:/aws-glue/iceberg-*",
    },
  ];
}

/** Lets the role send to the queue of a URL, and do nothing else. */
export function queuePolicy(url: string): string {
  const found = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/(\d+)\/([\w.-]+)$/.exec(url.trim());
  const [, region, inChina, account, name] = found ?? [];
  const partition = inChina === undefined ? "aws" : "aws-cn";
  const queue = found === null ? UNKNOWN.resource : `arn:${partition}:sqs:${region}:${account}:${name}`;
  return written({ Effect: "Allow", Action: "sqs:SendMessage", Resource: queue });
}

/** Lets the role put records into a stream, and do nothing else. */
export function streamPolicy(arn: string): string {
  return written({ Effect: "Allow", Action: "kinesis:PutRecords", Resource: arn.trim() || UNKNOWN.resource });
}

/** Lets the role look at a bus and put events on it, and do nothing else. */
export function busPolicy(arn: string): string {
  const actions = ["events:DescribeEventBus", "events:PutEvents"];
  return written({ Effect: "Allow", Action: actions, Resource: arn.trim() || UNKNOWN.resource });
}

interface BigQueryPlace {
  project: string;
  dataset: string;
  location: string;
}

/** Makes a service account with the rights that delivery needs, the data set, and a key. */
export function serviceAccountCommands(place: BigQueryPlace): string {
  const project = place.project.trim() || UNKNOWN.project;
  const dataset = place.dataset.trim() || UNKNOWN.dataset;
  const location = place.location.trim() || "US";
  const account = `ingest@${project}.iam.gserviceaccount.com`;
  return [
    `gcloud iam service-accounts create ingest --project ${project}`,
    `gcloud projects add-iam-policy-binding ${project} --role roles/bigquery.jobUser \\`,
    `  --member serviceAccount:${account}`,
    `bq mk --location ${location} --dataset ${project}:${dataset}`,
    `bq query --use_legacy_sql=false --location ${location} \\`,
    `  'GRANT \`roles/bigquery.dataEditor\` ON SCHEMA \`${project}\`.${dataset}`,
    `   TO "serviceAccount:${account}"'`,
    `gcloud iam service-accounts keys create key.json --iam-account ${account}`,
  ].join("\n");
}

function written(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 2);
}
