import { Checkbox, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";
import { busPolicy } from "@/pages/environments/settings/policies";
import { RoleFields } from "@/pages/environments/settings/RoleFields";

/** The fields of a bus of a user. */
export function EventBridgeFields({ form }: { form: UseFormReturnType<EnvironmentForm> }) {
  return (
    <>
      <TextInput
        label="Bus ARN"
        required
        placeholder="arn:aws:events:eu-west-1:123456789012:event-bus/events"
        {...form.getInputProps("destination.bus_arn")}
      />
      <TextInput
        label="Detail type field"
        description="Its value is the detail type of an event."
        {...form.getInputProps("destination.detail_type_field")}
      />
      <Checkbox
        label="An event’s name is its detail type"
        description="By the revision’s event name, where that field gives none."
        {...form.getInputProps("destination.is_named_by_event", { type: "checkbox" })}
      />
      <TextInput
        label="Detail type"
        description="Of events that have neither."
        placeholder="event"
        {...form.getInputProps("destination.detail_type")}
      />
      <RoleFields
        form={form}
        may="May look at the bus and put events on it, and trusts this deployment."
        policy={busPolicy(form.values.destination.bus_arn)}
        localNote="On one machine no role is taken on, and events are kept in a file."
      />
    </>
  );
}
