import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import { useSnippets } from "@/api/snippets";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { SendTestEvent } from "@/pages/environments/send/SendTestEvent";
import type { Begun } from "@/pages/start/begun";

const SHOWN = ["curl", "pixel", "fetch", "python"];
const LONGEST_EXAMPLE = 60_000; // of the API

interface Props {
  endpointId: string;
  environmentId: string;
  /** Null where it was begun in another tab. */
  begun: Begun | null;
}

/** Shows code that sends the sample or an example, and waits for it. */
export function SendStep({ endpointId, environmentId, begun }: Props) {
  const { sample } = begun ?? {};
  const snippets = useSnippets(environmentId, sample === undefined || sample.length > LONGEST_EXAMPLE ? null : sample);
  const [chosen, setChosen] = useState("curl");
  const params = { endpointId, environmentId };
  const environment = api.useQuery("get", "/v1/environments/{environment_id}", {
    params: { path: { environment_id: environmentId } },
  });
  return (
    <Section
      title="Send your first event"
      lead={
        <>
          {begun?.template === undefined
            ? "Run one of these. All eleven ways are under "
            : "Run one of these, or set up the sender that you have under "}
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
      {environment.data !== undefined && <SendTestEvent environment={environment.data} event={sample} />}
      <FirstEvent endpointId={endpointId} environmentId={environmentId}>
        <LinkButton to="/endpoints/$endpointId" params={{ endpointId }} search={{ period: "realtime" }}>
          See it in the chart
        </LinkButton>
        <LinkButton variant="default" to="/endpoints/$endpointId/environments/$environmentId" params={params}>
          Open the environment
        </LinkButton>
      </FirstEvent>
    </Section>
  );
}
