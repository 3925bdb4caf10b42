import { Group, Paper, Stack, Text } from "@mantine/core";
import { IconBroadcast, IconFileImport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useMemo, useState } from "react";

import { lists } from "@/api/pages";
import { useSnippets } from "@/api/snippets";
import type { Model } from "@/api/types";
import { useMe, ranksAtLeast, useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { CodeBlock } from "@/components/CodeBlock";
import { EmptyState } from "@/components/EmptyState";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { EventDrawer } from "@/pages/environments/live/EventDrawer";
import { EventFilters } from "@/pages/environments/live/EventFilters";
import { EventList } from "@/pages/environments/live/EventList";
import { matching, namesOf, samplesFrom, type Feed, type TappedEvent } from "@/pages/environments/live/feed";
import type { LiveSearch } from "@/pages/environments/live/search";
import { StartTap } from "@/pages/environments/live/StartTap";
import { TapState } from "@/pages/environments/live/TapState";
import { useTap, type Watching } from "@/pages/environments/live/use_tap";
import { SendTestEvent } from "@/pages/environments/send/SendTestEvent";
import { NewRevision } from "@/pages/revisions/NewRevision";
import { counted, exactCount } from "@/text/units";

/** What arrives in an environment, as it comes. */
export function Live() {
  return (
    <EnvironmentFrame title="Live">
      {(environment) => <Watch key={environment.id} environment={environment} />}
    </EnvironmentFrame>
  );
}

function Watch({ environment }: { environment: Model<"Environment"> }) {
  const { data: me } = useMe();
  const watching = useTap(environment.id, me !== undefined && ranksAtLeast(me.role, "editor"));
  const [isPaused, setPaused] = useState(false);
  const { isRunning, feed } = watching;
  return (
    <Stack>
      {isRunning ? (
        <TapState watching={watching} isPaused={isPaused} onPause={setPaused} />
      ) : (
        <StartTap environment={environment} watching={watching} />
      )}
      {feed.events.length > 0 ? (
        <Events environment={environment} watching={watching} isPaused={isPaused} />
      ) : isRunning ? (
        <Waiting environment={environment} />
      ) : (
        <EmptyState icon={<IconBroadcast size={40} />} title="No live events">
          Start live events to see each event as it arrives, with what is stored of it.
        </EmptyState>
      )}
    </Stack>
  );
}

/** What to do until the first event arrives. */
function Waiting({ environment }: { environment: Model<"Environment"> }) {
  const snippets = useSnippets(environment.id, null);
  const curl = snippets.data?.items.find(({ id }) => id === "curl");
  return (
    <Paper component={Stack}>
      <Text fw={600} role="status">
        Waiting for events …
      </Text>
      <SendTestEvent environment={environment} isLive />
      {curl !== undefined && <CodeBlock code={curl.code} label="cURL snippet" />}
    </Paper>
  );
}

interface EventsProps {
  environment: Model<"Environment">;
  watching: Watching;
  isPaused: boolean;
}

function Events({ environment, watching, isPaused }: EventsProps) {
  const asked = useSearch({ from: "/app/endpoints/$endpointId/environments/$environmentId/" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId" });
  const { feed } = watching;
  const [holds, setHolds] = useState({ pointer: false, scroll: false });
  const [held, setHeld] = useState<Feed | null>(null);
  const [opened, setOpened] = useState<TappedEvent | null>(null);
  const isHeld = isPaused || holds.pointer || holds.scroll;
  if (isHeld && held === null) setHeld(feed);
  if (!isHeld && held !== null) setHeld(null);
  const shown = held ?? feed;
  const filter = useDeferredValue(asked);
  const events = useMemo(() => matching(shown.events, filter), [shown.events, filter]);
  const names = useMemo(() => namesOf(feed.events), [feed.events]);
  const newer = feed.received - shown.received;
  const ask = useCallback(
    (changed: Partial<LiveSearch>) =>
      void navigate({ search: (old) => ({ ...old, ...changed }), replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <Stack gap="sm">
      {watching.isRunning && <SendTestEvent environment={environment} isLive />}
      <EventFilters asked={asked} names={names} onChange={ask} />
      <Group justify="space-between" gap="sm" mih={30}>
        <Text size="sm" c="dimmed" role="status">
          {events.length === shown.events.length
            ? counted(events.length, "event")
            : `${exactCount(events.length)} of ${counted(shown.events.length, "event")}`}
          {shown.received > shown.events.length && `, the newest of ${exactCount(shown.received)}`}
          {isHeld && (newer > 0 ? `. Paused, ${exactCount(newer)} newer.` : ". Paused.")}
        </Text>
        <MakeDraft environment={environment} events={events} />
      </Group>
      {events.length === 0 ? (
        <EmptyState title="Nothing like that">No event matches the filters.</EmptyState>
      ) : (
        <EventList
          events={events}
          onHold={(why, isOn) => {
            if (holds[why] !== isOn) setHolds((old) => ({ ...old, [why]: isOn }));
          }}
          onOpen={setOpened}
        />
      )}
      <EventDrawer environment={environment} event={opened} onClose={() => setOpened(null)} />
    </Stack>
  );
}

/** Makes a draft of the events in sight. */
function MakeDraft({ environment, events }: { environment: Model<"Environment">; events: readonly TappedEvent[] }) {
  const navigate = useNavigate();
  const refused = useRefusal("editor");
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const [samples, setSamples] = useState<string | null>(null);
  return (
    <>
      <ActionButton
        size="xs"
        variant="default"
        leftSection={<IconFileImport size={14} />}
        refused={refused}
        onClick={() => {
          const { text } = samplesFrom(events);
          if (text !== "") setSamples(text);
        }}
      >
        Make a draft from these…
      </ActionButton>
      <NewRevision
        opened={samples !== null}
        endpointId={environment.endpoint_id}
        revisions={revisions.data ?? []}
        samples={samples ?? undefined}
        onClose={() => setSamples(null)}
        onDone={(revisionId) =>
          void navigate({
            to: "/endpoints/$endpointId/revisions/$revisionId",
            params: { endpointId: environment.endpoint_id, revisionId },
          })
        }
      />
    </>
  );
}
