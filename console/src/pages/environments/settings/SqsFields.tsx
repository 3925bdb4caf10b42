import { SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import { isFifo } from "@/pages/environments/settings/entries_form";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { queuePolicy } from "@/pages/environments/settings/policies";
import { RoleFields } from "@/pages/environments/settings/RoleFields";

/** The fields of a queue of a user. */
export function SqsFields({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  const { queue_url } = form.values.destination;
  return (
    <>
      <TextInput
        label="Queue URL"
        required
        placeholder="https://sqs.eu-west-1.amazonaws.com/123456789012/events"
        {...form.getInputProps("destination.queue_url")}
      />
      {isFifo(queue_url) && (
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label="Message group field"
            description="Events with the same value stay in order."
            placeholder="user_id"
            {...form.getInputProps("destination.message_group_field")}
          />
          <TextInput
            label="Message group"
            description="Of events without a value in that field."
            placeholder="events"
            {...form.getInputProps("destination.message_group")}
          />
        </SimpleGrid>
      )}
      <RoleFields
        form={form}
        may="May send to the queue, and trusts this deployment."
        policy={queuePolicy(queue_url)}
        keyNote="A queue encrypted with a key of yours needs kms:GenerateDataKey and kms:Decrypt on that key, too."
        localNote="On one machine no role is taken on, and messages are kept in a file."
      />
    </>
  );
}
