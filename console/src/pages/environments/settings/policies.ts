/** What has to be set up at a destination before it is made here, filled in with what is known. */

/** What stands where something is not known yet. */
const UNKNOWN = {
  account: "<deployment account>",
  organisation: "<organisation>",
  bucket: "<bucket>",
  project: "<project>",
  dataset: "<data set>",
  resource: "<ARN>",
};

/** Lets this deployment take on the role, and for the data of this organisation alone. */
export function trustPolicy(account: string | null, organisationId: string | undefined): string {
  return written({
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { AWS: `arn:aws:iam::${account ?? UNKNOWN.account}:root` },
    Condition: { StringEquals: { "sts:ExternalId": organisationId ?? UNKNOWN.organisation } },
  });
}

/** Lets the role write below the prefix, and do nothing else. */
export function bucketPolicy(bucket: string, prefix: string): string {
  const name = bucket.trim() === "" ? UNKNOWN.bucket : bucket.trim();
  return written({ Effect: "Allow", Action: "s3:PutObject", Resource: `arn:aws:s3:::${name}/${prefix.trim()}*` });
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

function written(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
}
