import { Badge, Drawer, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { client } from "@/api/client";
import { addressWithKey } from "@/api/ingest";
import type { Model } from "@/api/types";
import { Boundary } from "@/components/Boundary";
import { Copy } from "@/components/Copy";
import { EventFaults } from "@/components/EventFaults";
import { Left } from "@/components/JsonBlock";
import { TextLink } from "@/components/LinkButton";
import { curlOf } from "@/pages/environments/live/curl";
import type { TappedEvent } from "@/pages/environments/live/feed";
import classes from "@/pages/environments/live/Live.module.css";
import { isThere, markedLines, type Mark, type Places } from "@/pages/environments/live/marks";
import { OUTCOME_COLOURS } from "@/pages/environments/live/outcomes";
import { unknownKeysOf } from "@/pages/environments/live/unknown_keys";
import { protocolName } from "@/pages/environments/quarantine/protocols";
import { useAddAsField } from "@/pages/environments/quarantine/use_add_as_field";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";
import { exactBytes, exactCount } from "@/text/units";
import { exactTime } from "@/time/relative";

interface Props {
  environment: Model<"Environment">;
  event: TappedEvent | null;
  onClose: () => void;
}

/** One event as it came beside what is stored of it. */
export function EventDrawer({ environment, event, onClose }: Props) {
  const title = event === null ? "" : (event.event_name ?? "Event");
  return (
    <Drawer opened={event !== null} onClose={onClose} title={visible(title)} position="right" size="min(1100px, 100%)">
      {event !== null && (
        <Boundary key={event.event_id} what="This event">
          <EventShown environment={environment} event={event} />
        </Boundary>
      )}
    </Drawer>
  );
}

interface ShownProps {
  environment: Model<"Environment">;
  event: TappedEvent;
}

type Told = Model<"DryRunRow"> | undefined;

/** What came, what is stored of it and how it was asked for. */
export function EventShown({ environment, event }: ShownProps) {
  const text = event.raw ?? event.raw_base64 ?? "";
  const stored = useMemo(() => (event.stored === null ? null : writeJson(event.stored)), [event.stored]);
  const told = useToldKeys(event);
  const sentPlaces: Places = { fault: event.errors.map(({ pointer }) => pointer), dropped: told?.dropped ?? [] };
  const withProtection = told?.protected ?? [];
  const isStored = (pointer: string) => event.stored === null || isThere(event.stored, pointer);
  const withheld = withProtection.filter((pointer) => !isStored(pointer));
  // A macro may have nothing to give, as that of a browser's name for a sender that is none.
  const ungiven = [...(told?.defaulted ?? []), ...(told?.filled ?? [])].filter((pointer) => !isStored(pointer));
  const storedPlaces: Places = {
    protected: withProtection.filter(isStored),
    defaulted: (told?.defaulted ?? []).filter(isStored),
    filled: (told?.filled ?? []).filter(isStored),
  };
  return (
    <Stack>
      <Group gap="xs">
        <Badge variant="light" color={OUTCOME_COLOURS[event.outcome]}>
          {event.outcome}
        </Badge>
        <Text size="sm">{exactTime(Date.parse(event.at))}</Text>
        <Text size="sm" c="dimmed" className="mono" style={{ overflowWrap: "anywhere" }}>
          {event.event_id}
        </Text>
      </Group>
      <EventFaults errors={event.errors} more={event.more} />
      <SimpleGrid cols={{ base: 1, md: stored === null ? 1 : 2 }} spacing="md">
        <Document
          title="As sent"
          text={text}
          places={sentPlaces}
          actions={
            event.raw !== null && (
              <>
                <Copy value={text} label="Copy the event" />
                {!event.truncated && (
                  <Copy value={curlOf(addressWithKey(environment), event.raw)} label="Copy as cURL" kind="command" />
                )}
              </>
            )
          }
        />
        {stored !== null && (
          <Document
            title="As stored"
            text={stored}
            places={storedPlaces}
            actions={<Copy value={stored} label="Copy what is stored" />}
          />
        )}
      </SimpleGrid>
      <Notes event={event} withheld={withheld} ungiven={ungiven} />
      <UnknownKeys environment={environment} event={event} told={told} />
      <Request event={event} />
    </Stack>
  );
}

/** What is missing in the texts, and why. */
function Notes({ event, withheld, ungiven }: { event: TappedEvent; withheld: string[]; ungiven: string[] }) {
  const notes = [
    event.raw === null && "The event is no text: it is shown as base64.",
    event.truncated && `It is too long to keep whole: ${exactBytes(event.raw_bytes)} as it was sent.`,
    event.protected.length > 0 && `Hidden, with what is stored in their place: ${event.protected.join(", ")}.`,
    withheld.length > 0 && `Redacted, so not stored: ${withheld.map(visible).join(", ")}.`,
    ungiven.length > 0 && `Nothing to fill in, so not stored: ${ungiven.map(visible).join(", ")}.`,
    event.redacted && "Something was left out that may hold a protected value.",
  ].filter((note) => note !== false);
  return notes.map((note) => (
    <Text key={note} size="sm" c="dimmed">
      {note}
    </Text>
  ));
}

const MOST_KEYS = 20;

/** The keys that no field reads, each with a button that adds it to a draft. */
function UnknownKeys({ environment, event, told }: ShownProps & { told: Told }) {
  const { buttonFor, dialog } = useAddAsField(environment);
  const unknown = unknownKeysOf(event, told);
  if (unknown.length === 0) return null;
  const left = unknown.length - MOST_KEYS;
  return (
    <Stack gap="xs">
      <Title order={3}>Unknown fields</Title>
      <Stack component="ul" aria-label="Unknown fields" role="list" className={classes.keys}>
        {unknown.slice(0, MOST_KEYS).map((key) => (
          <Group key={key.pointer} component="li" justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              <span className="mono">{visible(key.pointer)}</span>{" "}
              <Text span inherit c="dimmed">
                {key.kinds.join(", ")}
              </Text>
            </Text>
            {buttonFor(key)}
          </Group>
        ))}
      </Stack>
      <Text size="sm" c="dimmed">
        {left > 0 && `${exactCount(left)} more are not listed. `}
        <TextLink
          to="/endpoints/$endpointId/environments/$environmentId/unknown-fields"
          params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
          underline="always"
        >
          Unknown fields of all events
        </TextLink>
      </Text>
      {dialog}
    </Stack>
  );
}

/** What was done to an event's keys: told by a dry run, since a tap keeps the two texts alone. */
function useToldKeys(event: TappedEvent): Told {
  const { raw, outcome, truncated, redacted } = event;
  const canBeTold = raw !== null && outcome === "accepted" && !truncated && !redacted && event.protected.length === 0;
  const { data } = useQuery({
    queryKey: ["told keys", event.revision_id, event.event_id, event.index],
    enabled: canBeTold,
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const answer = await client.POST("/v1/revisions/{revision_id}/validate", {
        params: { path: { revision_id: event.revision_id } },
        headers: { "Content-Type": "application/json" },
        body: raw ?? "",
        bodySerializer: (text) => text as string,
        signal,
      });
      if (answer.data === undefined) throw answer.error;
      return answer.data.results[0] ?? null;
    },
  });
  return data?.outcome === "accepted" ? data : undefined;
}

const LABELS: Record<Mark, string> = {
  fault: "not valid",
  dropped: "dropped",
  defaulted: "default",
  filled: "macro",
  protected: "protected",
};

interface DocumentProps {
  title: string;
  text: string;
  places: Places;
  actions: React.ReactNode;
}

function Document({ title, text, places, actions }: DocumentProps) {
  const { lines, left } = markedLines(text, places);
  const marks = [...new Set(lines.flatMap(({ mark }) => mark ?? []))];
  return (
    <Stack gap={4} miw={0}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Title order={3}>{title}</Title>
        <Group gap={4}>{actions}</Group>
      </Group>
      <pre className={classes.lines} tabIndex={0} role="region" aria-label={title}>
        {lines.map((line, index) => (
          <span key={index} className={classes.line} data-mark={line.mark ?? undefined}>
            {line.text}
            {line.mark !== null && <span className="said"> ({LABELS[line.mark]})</span>}
          </span>
        ))}
      </pre>
      <Left left={left} />
      {marks.length > 0 && (
        <Group gap="md" aria-hidden>
          {marks.map((mark) => (
            <Text key={mark} size="xs" c="dimmed">
              <span className={classes.swatch} data-mark={mark} />
              {LABELS[mark]}
            </Text>
          ))}
        </Group>
      )}
    </Stack>
  );
}

function Request({ event }: { event: TappedEvent }) {
  const { method, protocol, content_type, origin, user_agent, bytes, id } = event.request;
  const facts: [string, string | null][] = [
    ["Request", `${method}, ${exactBytes(bytes)}`],
    ["Protocol", protocol === null ? null : protocolName(protocol)],
    ["Content type", content_type],
    ["Origin", origin],
    ["User agent", user_agent],
    ["Client address", event.source_ip],
    ["Request ID", id],
  ];
  return (
    <Table variant="vertical" withRowBorders={false} aria-label="Request">
      <Table.Tbody>
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <Table.Tr key={name}>
                <Table.Th w={130}>{name}</Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{visible(value)}</Table.Td>
              </Table.Tr>
            ),
        )}
      </Table.Tbody>
    </Table>
  );
}
