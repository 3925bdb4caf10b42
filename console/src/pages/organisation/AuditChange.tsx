import { Drawer, Stack, Text, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { JsonBlock } from "@/components/JsonBlock";
import { writeJson } from "@/text/json";
import { exactTime } from "@/time/relative";

/** What a change found and left. */
export function AuditChange({ entry, onClose }: { entry: Model<"AuditEntry"> | null; onClose: () => void }) {
  return (
    <Drawer opened={entry !== null} onClose={onClose} title={entry?.action ?? ""} size="lg">
      {entry !== null && (
        <Stack>
          <Text c="dimmed" size="sm">
            {entry.actor.name}, {exactTime(Date.parse(entry.at))}, from {entry.source_ip}
          </Text>
          <State title="Before" state={entry.before} none="It was not there." />
          <State title="After" state={entry.after} none="It is not there any more." />
        </Stack>
      )}
    </Drawer>
  );
}

function State({ title, state, none }: { title: string; state: Record<string, unknown> | null; none: string }) {
  return (
    <div>
      <Title order={3} mb="xs">
        {title}
      </Title>
      {state === null ? (
        <Text c="dimmed">{none}</Text>
      ) : (
        <JsonBlock text={writeJson(state)} label={title} maxHeight={320} />
      )}
    </div>
  );
}
