import { Select, SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { useMe } from "@/auth/me";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { lakePolicy, lakeTrustPolicy } from "@/pages/environments/settings/policies";
import { RoleFields } from "@/pages/environments/settings/RoleFields";

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
}

const FORMAT = {
  iceberg: "One table for all revisions. Athena, DuckDB, Spark, Trino and others read it by a catalog.",
  parquet:
    "Files by revision, environment, day and hour. Athena, DuckDB, Spark and Trino read them by a view. Streams gather for " +
    "15 minutes, unless you set a buffer time.",
};

/** The fields of a lake in the deployment's own bucket. */
export function LakeFields({ form }: Props) {
  return (
    <>
      <Format form={form} />
      <Table form={form} />
    </>
  );
}

/** The fields of a lake in a bucket of a user. */
export function BucketLakeFields({ form }: Props) {
  const { data: me } = useMe();
  const { destination } = form.values;
  const isIceberg = destination.table_format === "iceberg";
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput label="Bucket" required placeholder="my-lake" {...form.getInputProps("destination.bucket")} />
        <TextInput label="Region" required placeholder="eu-west-1" {...form.getInputProps("destination.region")} />
        <TextInput
          label="Prefix"
          description="What every key starts with; ends with a slash."
          placeholder="events/"
          {...form.getInputProps("destination.prefix")}
        />
        <TextInput
          label="Database"
          description="Of the Glue Data Catalog in the role’s account."
          placeholder="ingest"
          {...form.getInputProps("destination.database")}
        />
      </SimpleGrid>
      <Format form={form} />
      <Table form={form} />
      <RoleFields
        form={form}
        may={
          isIceberg
            ? "May write to the bucket and the database; trusts this deployment, and Glue, which looks after the table."
            : "May write to the bucket and the database; trusts this deployment."
        }
        trust={lakeTrustPolicy(me?.deployment_account ?? null, me?.organisation.id, destination)}
        policy={lakePolicy(destination)}
        keyNote="A bucket encrypted with a key of yours needs kms:GenerateDataKey and kms:Decrypt on that key, too."
        localNote="On one machine no role is taken on, every bucket is a folder, and no Glue looks after the table."
      />
    </>
  );
}

function Format({ form }: Props) {
  return (
    <Select
      label="Format"
      description={FORMAT[form.values.destination.table_format]}
      data={[
        { value: "iceberg", label: "Apache Iceberg" },
        { value: "parquet", label: "Parquet: files in folders" },
      ]}
      allowDeselect={false}
      {...form.getInputProps("destination.table_format")}
    />
  );
}

function Table({ form }: Props) {
  return (
    <TextInput label="Table" placeholder="Named after the environment" {...form.getInputProps("destination.table")} />
  );
}
