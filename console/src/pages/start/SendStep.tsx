import { SegmentedControl, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { api } from "@/api/client";
import { useSnippets } from "@/api/snippets";
import type { Model } from "@/api/types";
import { ranksAtLeast, useMe } from "@/auth/me";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { SendTestEvent } from "@/pages/environments/send/SendTestEvent";
import { useTap, type Watching } from "@/pages/environments/live/use_tap";
import type { Begun } from "@/pages/start/begun";
import { FirstEventShown } from "@/pages/start/FirstEventShown";

const SHOWN = ["curl", "pixel", "fetch", "python"];
const LONGEST_EXAMPLE = 60_000; // of the API

interface Props {
  endpointId: string;
  environmentId: string;
  /** Null where it was begun in another tab. */
  begun: Begun | null;
  /** An event was accepted. */
  onArrived: () => void;
}

/** Shows code that sends the sample or an example, and waits for it. */
export function SendStep({ endpointId, environmentId, begun, onArrived }: Props) {
  const { sample } = begun ?? {};
  const snippets = useSnippets(environmentId, sample === undefined || sample.length > LONGEST_EXAMPLE ? null : sample);
  const [chosen, setChosen] = useState("curl");
  const params = { endpointId, environmentId };
  const environment = api.useQuery(
    "get",
    "/v1/environments/{environment_id}",
    {
      params: { path: { environment_id: environmentId } },
    },
    { refetchInterval: ({ state }) => (state.data?.status === "active" ? false : 1_000) },
  );
  return (
    <Section
      title="Send your first event"
      lead={
        <>
          {begun?.template === undefined
            ? "Run one of these. All fourteen ways are under "
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
      {environment.data !== undefined && <Send environment={environment.data} sample={sample} onArrived={onArrived} />}
    </Section>
  );
}

interface SendProps {
  environment: Model<"Environment">;
  sample: string | undefined;
  onArrived: () => void;
}

function Send({ environment, sample, onArrived }: SendProps) {
  const params = { endpointId: environment.endpoint_id, environmentId: environment.id };
  const watching = useFirstEvents(environment);
  const { events } = watching.feed;
  const shown = events.find(({ outcome }) => outcome === "accepted") ?? events[0];
  const isThere = shown?.outcome === "accepted";
  useEffect(() => {
    if (isThere) onArrived();
  }, [isThere, onArrived]);
  const links = (
    <>
      <LinkButton to="/endpoints/$endpointId" params={params} search={{ period: "realtime" }}>
        See it in the chart
      </LinkButton>
      <LinkButton variant="default" to="/endpoints/$endpointId/environments/$environmentId" params={params}>
        Open the environment
      </LinkButton>
    </>
  );
  return (
    <>
      <SendTestEvent environment={environment} event={sample} isLive />
      {shown === undefined ? (
        <FirstEvent {...params}>{links}</FirstEvent>
      ) : (
        <FirstEventShown environment={environment} event={shown}>
          {links}
        </FirstEventShown>
      )}
      {watching.isRunning && (
        <Text size="sm" c="dimmed">
          Live events are on for ten minutes, so that you see what arrives: a copy of each is kept for an hour.
        </Text>
      )}
    </>
  );
}

/** Watches the environment that was just made, so that its first event is seen as soon as it is there. */
function useFirstEvents(environment: Model<"Environment">): Watching {
  const { data: me } = useMe();
  const mayWatch = me !== undefined && ranksAtLeast(me.role, "editor");
  const watching = useTap(environment.id, mayWatch);
  const asked = useRef(false);
  const { start, isIdle } = watching;
  const isReady = isIdle && environment.status === "active" && environment.taps !== "off";
  useEffect(() => {
    if (!isReady || asked.current) return;
    asked.current = true;
    start({ seconds: 600, sample: 10 });
  }, [isReady, start]);
  return watching;
}
