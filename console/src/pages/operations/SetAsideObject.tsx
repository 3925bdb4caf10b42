import { Drawer, Group, List, Stack, Text, Title } from "@mantine/core";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { Boundary } from "@/components/Boundary";
import { CopyField } from "@/components/Copy";
import { Failed } from "@/components/Failed";
import { JsonBlock } from "@/components/JsonBlock";
import { RelativeTime } from "@/components/RelativeTime";
import { AuditedRead } from "@/pages/operations/AuditedRead";
import { Redrive } from "@/pages/operations/Redrive";
import { counted } from "@/text/units";

const LINES = 20;

interface Props {
  /** Whose drawer is open. */
  id: string | undefined;
  /** What the list knows of it; nothing, where it is none of what was read. */
  object: Model<"SetAsideObject"> | undefined;
  onClose: () => void;
}

/** One object of refused events: why, its first events once someone asks for them, and a way to send it again. */
export function SetAsideObject({ id, object, onClose }: Props) {
  return (
    <Drawer opened={id !== undefined} onClose={onClose} title="Set-aside object" size="lg">
      {id !== undefined && <Opened key={id} id={id} object={object} />}
    </Drawer>
  );
}

function Opened({ id, object }: { id: string; object: Props["object"] }) {
  // A change and no query: it is done when someone asks, and not once more whenever something is read again.
  const read = api.useMutation("get", "/v1/operations/set-aside/{object_id}", {
    meta: { showsFailures: true, changesNothing: true },
  });
  const known = read.data ?? object;
  const ask = () => read.mutate({ params: { path: { object_id: id }, query: { limit: LINES } } });
  return (
    <Stack>
      <CopyField value={id} label={`Copy the id ${id}`} />
      {known !== undefined && (
        <>
          <Group gap="xs" c="dimmed" fz="sm">
            <span>
              Landed <RelativeTime at={known.hour} />
            </span>
            <span aria-hidden>·</span>
            <span>{counted(known.events, "event")}</span>
            <span aria-hidden>·</span>
            <Amount value={known.bytes} unit="bytes" />
          </Group>
          <List size="sm" spacing={4}>
            {known.reasons.map(({ reason, events }) => (
              <List.Item key={reason} style={{ overflowWrap: "anywhere" }}>
                {reason}{" "}
                <Text span size="sm" c="dimmed">
                  {counted(events, "event")}
                </Text>
              </List.Item>
            ))}
          </List>
        </>
      )}
      <Redrive wanted={{ ids: [id] }} newerTables={known?.newer_tables ?? []} />
      {read.data !== undefined ? (
        <Lines lines={read.data.lines} events={read.data.events} />
      ) : read.isError ? (
        <Failed error={read.error} onRetry={ask} title="The events could not be read" />
      ) : (
        <AuditedRead action="Show its first events" busy={read.isPending} onRead={ask}>
          The events may be
        </AuditedRead>
      )}
    </Stack>
  );
}

function Lines({ lines, events }: { lines: string[]; events: number }) {
  return (
    <Stack gap="sm">
      <Title order={3}>
        {lines.length < events ? `The first ${lines.length} of ${counted(events, "event")}` : "Its events"}
      </Title>
      {lines.map((line, index) => (
        <Boundary key={index} what={`Event ${index + 1}`}>
          <JsonBlock text={line} label={`Event ${index + 1}`} maxHeight={320} />
        </Boundary>
      ))}
    </Stack>
  );
}
