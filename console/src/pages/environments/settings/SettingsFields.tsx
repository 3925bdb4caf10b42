import { Checkbox, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";

import { Folded } from "@/pages/environments/settings/Folded";
import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
  /** What few people set is out of the way. */
  isFolded?: boolean;
  /** What stands below the name. */
  children?: ReactNode;
}

/** The fields that few people set. */
const RARE = ["rate_limit", "streams", "buffer_seconds", "store_addresses", "quarantine_protected", "taps"];

/** The fields of an environment's settings, all but those of its destination. */
export function SettingsFields({ form, isFolded = false, children }: Props) {
  const hasFault = RARE.some((field) => form.errors[field] !== undefined);
  return (
    <Stack>
      <TextInput
        label="Name"
        placeholder="Production"
        required
        maxLength={100}
        data-autofocus
        {...form.getInputProps("name")}
      />
      {children}
      <Select
        label="Invalid events"
        data={[
          { value: "quarantine", label: "Keep in quarantine, to look at and send again" },
          { value: "reject", label: "Reject and don’t keep" },
        ]}
        allowDeselect={false}
        {...form.getInputProps("on_invalid")}
      />
      <Textarea
        label="Origins"
        description="Websites that may send events, one per line. Leave empty to allow all. Servers are not restricted."
        placeholder="https://shop.example"
        classNames={{ input: "mono" }}
        autosize
        minRows={2}
        spellCheck={false}
        {...form.getInputProps("allowed_origins")}
      />
      <Folded title="More settings" isFolded={isFolded} hasFault={hasFault}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <NumberInput
            label="Rate limit"
            description="Events per second."
            placeholder="No limit"
            min={1}
            max={1_000_000}
            allowDecimal={false}
            {...form.getInputProps("rate_limit")}
          />
          <NumberInput
            label="Delivery streams"
            description="Add streams for more than 1,000 requests per second."
            min={1}
            max={50}
            allowDecimal={false}
            {...form.getInputProps("streams")}
          />
          <NumberInput
            label="Buffer time"
            description="Seconds for which a stream gathers events into one object."
            placeholder="As the deployment has it"
            min={0}
            max={900}
            allowDecimal={false}
            {...form.getInputProps("buffer_seconds")}
          />
        </SimpleGrid>
        <Checkbox
          label="Keep client addresses of quarantined and live events"
          {...form.getInputProps("store_addresses", { type: "checkbox" })}
        />
        <Checkbox
          label="Protect values in quarantine"
          description="Of a protected field, quarantine then keeps what is stored: a hash, a part, or nothing. Text that can’t be read is not kept."
          {...form.getInputProps("quarantine_protected", { type: "checkbox" })}
        />
        <Select
          label="Live events"
          description="What editors see under Live."
          data={[
            { value: "on", label: "Show as sent; as in quarantine if values are protected there" },
            { value: "protected", label: "Show, with protected values hidden" },
            { value: "off", label: "Don’t show" },
          ]}
          allowDeselect={false}
          {...form.getInputProps("taps")}
        />
      </Folded>
    </Stack>
  );
}
