import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { client } from "@/api/client";
import { faultsAt, FormFailure } from "@/components/FormFailure";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { written } from "@/pages/revisions/sources";
import type { Begun } from "@/pages/start/begun";
import { EndpointName } from "@/pages/start/EndpointName";
import type { Written } from "@/text/json";
import { samplesFrom } from "@/text/samples";

const EXAMPLE = `{
  "event": "purchase",
  "order_id": "A-1042",
  "total": 59.9,
  "currency": "EUR",
  "items": [{ "sku": "mug-blue", "quantity": 2, "price": 12.5 }]
}`;

interface Props {
  name: string;
  onName: (name: string) => void;
  text: string;
  onText: (text: string) => void;
  onBegun: (begun: Begun) => void;
}

/** Makes an endpoint and a draft out of a name and an event. */
export function SampleStep({ name, onName, text, onText, onBegun }: Props) {
  const navigate = useNavigate({ from: "/start" });
  const [fault, setFault] = useState<string | null>(null);
  const [endpointId, setEndpointId] = useState<string | null>(null);
  const begin = useMutation({
    mutationFn: async (events: Written[]) => {
      // A second attempt, after the samples were refused, goes on with the endpoint of the first.
      const endpoint_id = endpointId ?? (await createEndpoint(name.trim()));
      setEndpointId(endpoint_id);
      const { data, error } = await client.POST("/v1/endpoints/{endpoint_id}/revisions", {
        params: { path: { endpoint_id } },
        body: { samples: events.map(written) },
      });
      if (data === undefined) throw error;
      return { revision: data, sample: events[0]?.text ?? "" };
    },
    meta: { showsFailures: true },
    onSuccess: ({ revision, sample }) => {
      onBegun({ revisionId: revision.id, sample, ...(revision.inference && { inference: revision.inference }) });
      const search = { endpoint: revision.endpoint_id, revision: revision.id };
      void navigate({ search, replace: true, ignoreBlocker: true });
    },
  });
  const { atFields, left } = faultsAt(begin.error, ["name", "samples"]);
  const submit = () => {
    const { events, fault: found } = samplesFrom(text);
    setFault(found);
    if (events !== null) begin.mutate(events);
  };
  return (
    <>
      <UnsavedGuard unsaved={!begin.isSuccess && text.trim() !== ""} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          <EndpointName value={name} disabled={endpointId !== null} error={atFields.get("name")} onChange={onName} />
          <Textarea
            label="An event, as you would send it"
            description="Several make better guesses: an array, or one a line. Up to 1,000."
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
            <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onText(EXAMPLE)}>
              Use this example
            </Button>
            <Button type="submit" loading={begin.isPending} disabled={name.trim() === "" || text.trim() === ""}>
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

async function createEndpoint(name: string): Promise<string> {
  const { data, error } = await client.POST("/v1/endpoints", { body: { name } });
  if (data === undefined) throw error;
  return data.id;
}
