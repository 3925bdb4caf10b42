import { Select, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";

const FORMAT = {
  iceberg: "One table for all revisions. DuckDB, Spark, Trino and others read it by a catalog.",
  parquet: "Files by revision, environment, day and hour, without a catalog. DuckDB reads them by a view.",
};

/** The fields of a lake. */
export function LakeFields({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  return (
    <>
      <Text size="sm" c="dimmed">
        Adds events as typed rows, with a column for each field and each event once, about every minute.
      </Text>
      <Select
        label="Format"
        description={FORMAT[form.values.destination.table_format]}
        data={[
          { value: "iceberg", label: "Apache Iceberg" },
          { value: "parquet", label: "Parquet: files in folders, in a local run" },
        ]}
        allowDeselect={false}
        {...form.getInputProps("destination.table_format")}
      />
      <TextInput label="Table" placeholder="Named after the environment" {...form.getInputProps("destination.table")} />
    </>
  );
}
