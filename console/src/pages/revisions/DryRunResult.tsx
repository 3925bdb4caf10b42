import { Badge, Group, Paper, Stack, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { JsonBlock } from "@/components/JsonBlock";
import { toldOf } from "@/pages/revisions/told";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";

/** What would become of one event: its faults, or what is stored and what was done to its keys. */
export function DryRunResult({ row, alone }: { row: Model<"DryRunRow">; alone: boolean }) {
  const isAccepted = row.outcome === "accepted";
  return (
    <Paper>
      <Stack gap="xs">
        <Group gap="xs">
          <Badge color={isAccepted ? "pine" : "red"} variant="light">
            {row.outcome}
          </Badge>
          {!alone && (
            <Text size="sm" c="dimmed">
              event {row.index + 1}
            </Text>
          )}
        </Group>
        {row.errors.map((fault) => (
          <Text key={`${fault.pointer} ${fault.code}`} size="sm">
            <span className="mono">{fault.pointer === "" ? "the event" : visible(fault.pointer)}</span> {fault.message}
          </Text>
        ))}
        {toldOf(row).map(({ label, pointers, left }) => (
          <Text key={label} size="sm" style={{ overflowWrap: "anywhere" }}>
            <Text component="span" fw={600} size="sm">
              {label}:
            </Text>{" "}
            <span className="mono">{pointers.join(", ")}</span>
            {left > 0 && ` and ${left} more`}
          </Text>
        ))}
        {row.stored !== null && (
          <>
            <Text size="sm" c="dimmed">
              What would be stored:
            </Text>
            <JsonBlock label="The stored event" text={writeJson(row.stored)} maxHeight={320} />
          </>
        )}
        {row.more === true && (
          <Text size="sm" c="dimmed">
            There is more than the answer holds.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
