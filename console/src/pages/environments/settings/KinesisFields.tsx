import { TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { streamPolicy } from "@/pages/environments/settings/policies";
import { RoleFields } from "@/pages/environments/settings/RoleFields";

/** The fields of a stream of a user. */
export function KinesisFields({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  return (
    <>
      <TextInput
        label="Stream ARN"
        required
        placeholder="arn:aws:kinesis:eu-west-1:123456789012:stream/events"
        {...form.getInputProps("destination.stream_arn")}
      />
      <TextInput
        label="Partition key field"
        description="Events with the same value go to the same shard."
        placeholder="_event_id"
        {...form.getInputProps("destination.partition_key_field")}
      />
      <RoleFields
        form={form}
        may="May put records into the stream, and trusts this deployment."
        policy={streamPolicy(form.values.destination.stream_arn)}
        keyNote="A stream encrypted with a key of yours needs kms:GenerateDataKey on that key, too."
        localNote="On one machine no role is taken on, and records are kept in a file."
      />
    </>
  );
}
