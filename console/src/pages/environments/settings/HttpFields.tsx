import { Checkbox, NumberInput, Select, SimpleGrid, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { EnvironmentForm } from "@/pages/environments/settings/environment_form";

interface Props {
  form: UseFormReturnType<EnvironmentForm>;
  /** The destination is there already: its secrets are, too. */
  isMade: boolean;
}

/** The fields of a target over HTTP. */
export function HttpFields({ form, isMade }: Props) {
  const { header_names, headers, sign } = form.values.destination;
  const hasHeaders = header_names.length > 0;
  return (
    <>
      <TextInput
        label="URL"
        description="Begins with https://. It has to answer 2xx to an empty batch."
        required
        placeholder="https://example.com/events"
        {...form.getInputProps("destination.url")}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <Select
          label="Format"
          data={[
            { value: "ndjson", label: "One event per line" },
            { value: "json", label: "A JSON array" },
          ]}
          allowDeselect={false}
          {...form.getInputProps("destination.format")}
        />
        <NumberInput
          label="Events per request"
          placeholder="500"
          min={1}
          max={1000}
          allowDecimal={false}
          {...form.getInputProps("destination.max_events")}
        />
      </SimpleGrid>
      <Textarea
        label="Headers"
        description={
          hasHeaders && form.values.destination.url.trim() !== form.getInitialValues().destination.url
            ? `Write ${header_names.join(", ")} again: the values go to no other URL than they were given for.`
            : hasHeaders
              ? `Leave empty to keep ${header_names.join(", ")}. What you write replaces all of them.`
              : "One per line. The values are kept as secrets and never shown."
        }
        placeholder="Authorization: Bearer …"
        classNames={{ input: "mono" }}
        minRows={2}
        autosize
        maxRows={8}
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("destination.headers")}
      />
      {hasHeaders && headers.trim() === "" && (
        <Checkbox
          label="Remove all headers"
          {...form.getInputProps("destination.drop_headers", { type: "checkbox" })}
        />
      )}
      <Checkbox
        label="Sign requests"
        description={
          isMade && form.getInitialValues().destination.sign
            ? "As Standard Webhooks have it."
            : "As Standard Webhooks have it. You get the secret when you save."
        }
        {...form.getInputProps("destination.sign", { type: "checkbox" })}
      />
      {isMade && sign && (
        <Checkbox
          label="Make a new signing secret"
          description="The previous one signs as well for 24 hours."
          {...form.getInputProps("destination.new_signing_secret", { type: "checkbox" })}
        />
      )}
    </>
  );
}
