import { Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";

/** The fields of a lake. */
export function LakeFields({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  return (
    <>
      <Text size="sm" c="dimmed">
        Adds events to one table of Apache Iceberg, with a column for each field and each event once, about every
        minute. DuckDB, Spark, Trino and others read it.
      </Text>
      <TextInput label="Table" placeholder="Named after the environment" {...form.getInputProps("destination.table")} />
    </>
  );
}
