import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";

import { faultsAt, FormFailure } from "@/components/FormFailure";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { EndpointName, EXAMPLE_NAME } from "@/pages/start/EndpointName";
import { samplesFrom } from "@/text/samples";
import type { SourceProps } from "@/pages/start/source_props";

const EXAMPLE = `{
  "event": "purchase",
  "order_id": "A-1042",
  "total": 59.9,
  "currency": "EUR",
  "items": [{ "sku": "mug-blue", "quantity": 2, "price": 12.5 }]
}`;

interface Props extends SourceProps {
  text: string;
  onText: (text: string) => void;
}

/** Makes an endpoint and a draft out of a name and an event. */
export function SampleStep({ name, onName, text, onText, busy, error, onSource }: Props) {
  const [fault, setFault] = useState<string | null>(null);
  const [kept] = useState(text);
  const { atFields, left } = faultsAt(error, ["name", "samples"]);
  const submit = () => {
    const { events, fault: found } = samplesFrom(text);
    setFault(found);
    if (events !== null) onSource({ samples: events }, text);
  };
  return (
    <>
      <UnsavedGuard unsaved={!busy && text !== kept && text.trim() !== ""} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          <EndpointName value={name} error={atFields.get("name")} onChange={onName} />
          <Textarea
            label="An event, as you would send it"
            description="More events give better guesses: an array, or one per line, up to 1,000."
            placeholder={EXAMPLE}
            autosize
            minRows={10}
            maxRows={24}
            value={text}
            onChange={(event) => {
              onText(event.currentTarget.value);
              setFault(null);
            }}
            error={fault ?? atFields.get("samples")}
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          />
          <FormFailure failure={left} />
          <Group justify="space-between">
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              onClick={() => {
                onText(EXAMPLE);
                setFault(null);
                if (name.trim() === "") onName(EXAMPLE_NAME);
              }}
            >
              Use this example
            </Button>
            <Button type="submit" loading={busy} disabled={name.trim() === "" || text.trim() === ""}>
              Infer the schema
            </Button>
          </Group>
          <Text size="sm" c="dimmed">
            Samples are read once and not kept.
          </Text>
        </Stack>
      </form>
    </>
  );
}
