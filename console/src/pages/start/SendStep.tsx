import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import type { Event } from "@/text/samples";

const SHOWN = ["curl", "pixel", "fetch", "python"];
const LONGEST_EXAMPLE = 8000; // of the API

interface Props {
  endpointId: string;
  environmentId: string;
  sample: Event | undefined;
}

/** Shows code that sends the sample, and waits for it. */
export function SendStep({ endpointId, environmentId, sample }: Props) {
  const example = sample === undefined ? null : JSON.stringify(sample);
  const query = example === null || example.length > LONGEST_EXAMPLE ? {} : { example };
  const snippets = api.useQuery("get", "/v1/environments/{environment_id}/snippets", {
    params: { path: { environment_id: environmentId }, query },
  });
  const [chosen, setChosen] = useState("curl");
  const params = { endpointId, environmentId };
  return (
    <Section
      title="Send your first event"
      lead={
        <>
          Run one of these. All eleven ways are under{" "}
          <TextLink to="/endpoints/$endpointId/environments/$environmentId/install" params={params} underline="always">
            Install
          </TextLink>
          .
        </>
      }
    >
      <Loaded query={snippets} failed="The code could not be loaded">
        {({ items }) => {
          const shown = items.filter((item) => SHOWN.includes(item.id));
          const snippet = shown.find((item) => item.id === chosen) ?? shown[0];
          return (
            <Stack>
              <SegmentedControl
                aria-label="Way to send"
                value={snippet?.id ?? ""}
                onChange={setChosen}
                data={shown.map((item) => ({ value: item.id, label: item.label }))}
                style={{ alignSelf: "flex-start" }}
              />
              {snippet !== undefined && <CodeBlock code={snippet.code} label={`${snippet.label} snippet`} />}
            </Stack>
          );
        }}
      </Loaded>
      <FirstEvent environmentId={environmentId}>
        <LinkButton to="/endpoints/$endpointId" params={{ endpointId }} search={{ period: "realtime" }}>
          See it in the chart
        </LinkButton>
        <LinkButton variant="default" to="/endpoints/$endpointId/environments" params={{ endpointId }}>
          Go to environments
        </LinkButton>
      </FirstEvent>
    </Section>
  );
}
