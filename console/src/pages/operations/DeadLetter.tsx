import { Drawer, Group, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { Failed } from "@/components/Failed";
import { JsonBlock } from "@/components/JsonBlock";
import { RelativeTime } from "@/components/RelativeTime";
import { About } from "@/pages/operations/About";
import { AuditedRead } from "@/pages/operations/AuditedRead";

interface Props {
  queue: string;
  /** Whose drawer is open. */
  id: string | undefined;
  /** What the list knows of it; nothing, where it does not show it now. */
  letter: Model<"DeadLetter"> | undefined;
  onClose: () => void;
}

/** One dead letter, and its text once someone asks for it. */
export function DeadLetter({ queue, id, letter, onClose }: Props) {
  return (
    <Drawer opened={id !== undefined} onClose={onClose} title="Dead letter" size="lg">
      {id !== undefined && <Opened key={id} queue={queue} id={id} letter={letter} />}
    </Drawer>
  );
}

function Opened({ queue, id, letter }: { queue: string; id: string; letter: Props["letter"] }) {
  // A change and no query: it is done when someone asks, and not once more whenever something is read again.
  const read = api.useMutation("get", "/v1/operations/queues/{queue}/dead-letters/{letter_id}", {
    meta: { showsFailures: true, changesNothing: true },
  });
  const known = read.data ?? letter;
  const ask = () => read.mutate({ params: { path: { queue, letter_id: id } } });
  return (
    <Stack>
      <Text size="sm" className="mono" style={{ overflowWrap: "anywhere" }}>
        {id}
      </Text>
      {known !== undefined && (
        <>
          <Group gap="xs" c="dimmed" fz="sm">
            <span>
              Sent <RelativeTime at={known.sent_at} />
            </span>
            <span aria-hidden>·</span>
            <Amount value={known.bytes} unit="bytes" />
          </Group>
          <About about={known.about} environment={known.environment} />
        </>
      )}
      {read.data !== undefined ? (
        <JsonBlock text={read.data.body} label="Text of the dead letter" maxHeight={600} />
      ) : read.isError ? (
        <Failed error={read.error} onRetry={ask} title="The text could not be read" />
      ) : (
        <AuditedRead action="Show the text" busy={read.isPending} onRead={ask}>
          The text may hold events
        </AuditedRead>
      )}
    </Stack>
  );
}
