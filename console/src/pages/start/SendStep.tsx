import { Paper, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { api } from "@/api/client";
import { useSnippets } from "@/api/snippets";
import type { Model } from "@/api/types";
import { ranksAtLeast, useMe } from "@/auth/me";
import { Choices } from "@/components/Choices";
import { CodeBlock } from "@/components/CodeBlock";
import { FirstEvent } from "@/components/FirstEvent";
import { LinkButton, TextLink } from "@/components/LinkButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { useTemplate } from "@/components/TemplateAbout";
import { SenderSetup } from "@/pages/environments/install/SenderSetup";
import { hintFor, sendersOn } from "@/pages/environments/install/senders";
import { SendTestEvent } from "@/pages/environments/send/SendTestEvent";
import { useTap, type Watching } from "@/pages/environments/live/use_tap";
import type { Begun } from "@/pages/start/begun";
import { FirstEventShown } from "@/pages/start/FirstEventShown";

const BY_SENDER = "sender";
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

/** Shows how to send the first event, by a sender of the template or by code, and waits for it. */
export function SendStep({ endpointId, environmentId, begun, onArrived }: Props) {
  const { sample } = begun ?? {};
  const template = useTemplate(begun?.template);
  const senders = template === undefined ? [] : sendersOn(template.page);
  const [picked, setPicked] = useState<string>();
  const sender = senders.find(({ id }) => id === picked) ?? senders[0];
  const [asked, setWay] = useState<string>();
  const way = asked ?? (sender === undefined ? "curl" : BY_SENDER);
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
          {sender === undefined
            ? "Run one of these. All fourteen ways are under "
            : "Change one setting of your sender, or run some code. All ways are under "}
          <TextLink to="/endpoints/$endpointId/environments/$environmentId/install" params={params} underline="always">
            Install
          </TextLink>
          .
        </>
      }
    >
      <Loaded query={environment} failed="The environment could not be loaded">
        {(loaded) => (
          <>
            <Ways environmentId={environmentId} sample={sample} way={way} onWay={setWay}>
              {sender !== undefined && (
                <SenderSetup environment={loaded} senders={senders} chosen={sender.id} onChoose={setPicked} />
              )}
            </Ways>
            <Send
              environment={loaded}
              sample={sample}
              hint={hintFor(way === BY_SENDER ? sender : undefined, loaded.write_keys)}
              onArrived={onArrived}
            />
          </>
        )}
      </Loaded>
    </Section>
  );
}

interface WaysProps {
  environmentId: string;
  sample: string | undefined;
  way: string;
  onWay: (way: string) => void;
  /** How a sender of the template is set up, if it has any. */
  children: ReactNode;
}

function Ways({ environmentId, sample, way, onWay, children }: WaysProps) {
  const snippets = useSnippets(environmentId, sample === undefined || sample.length > LONGEST_EXAMPLE ? null : sample);
  return (
    <Loaded query={snippets} failed="The code could not be loaded">
      {({ items }) => {
        const shown = items.filter((item) => SHOWN.includes(item.id));
        const snippet = shown.find((item) => item.id === way);
        return (
          <Stack>
            <Choices
              label="Way to send"
              data={children === false ? shown : [{ id: BY_SENDER, label: "SDK or service" }, ...shown]}
              value={way}
              onChoose={onWay}
            />
            {snippet === undefined ? (
              <Paper>{children}</Paper>
            ) : (
              <CodeBlock code={snippet.code} label={`${snippet.label} snippet`} />
            )}
          </Stack>
        );
      }}
    </Loaded>
  );
}

interface SendProps {
  environment: Model<"Environment">;
  sample: string | undefined;
  /** What to look at where nothing arrives. */
  hint: string | undefined;
  onArrived: () => void;
}

function Send({ environment, sample, hint, onArrived }: SendProps) {
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
        <FirstEvent {...params} hint={hint}>
          {links}
        </FirstEvent>
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
