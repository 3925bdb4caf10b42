import { Badge, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMemo } from "react";

import type { Model } from "@/api/types";
import { Boundary } from "@/components/Boundary";
import { Left } from "@/components/JsonBlock";
import { RelativeTime } from "@/components/RelativeTime";
import { MarkedLines } from "@/pages/environments/quarantine/MarkedLines";
import { layOut, OF_AN_EVENT, visible, type Line } from "@/text/laid_out";
import { counted } from "@/text/units";

type Previewed = Model<"PreviewedEvent">;

const OUTCOME = { valid: "pine", invalid: "red", truncated: "gray" };

/** Some events before and after their repairs, and what would become of them. */
export function Preview({ items }: { items: readonly Previewed[] }) {
  const valid = items.filter(({ outcome }) => outcome === "valid").length;
  return (
    <Stack gap="sm" component="section" aria-label="Preview">
      <Text size="sm">
        {items.length === 0
          ? "No event matches these filters."
          : `${valid} of ${counted(items.length, "sample")} would fit. Nothing was changed or sent.`}
      </Text>
      {items.map((item) => (
        <Boundary key={item.event_id} what="This event">
          <Event item={item} />
        </Boundary>
      ))}
    </Stack>
  );
}

function Event({ item }: { item: Previewed }) {
  const { event_id, outcome, errors, more, before, after } = item;
  return (
    <Paper>
      <Stack gap="xs">
        <Group gap="xs">
          <Badge variant="light" color={OUTCOME[outcome]}>
            {outcome === "valid" ? "would fit" : outcome === "invalid" ? "still not valid" : "not kept whole"}
          </Badge>
          <RelativeTime at={item.received_at} />
          <Text size="sm" c="dimmed" className="mono">
            {event_id}
          </Text>
        </Group>
        {errors.map((fault) => (
          <Text key={`${fault.pointer} ${fault.code}`} size="sm">
            <span className="mono">{fault.pointer === "" ? "the event" : visible(fault.pointer)}</span> {fault.message}
          </Text>
        ))}
        {more && (
          <Text size="sm" c="dimmed">
            and more
          </Text>
        )}
        <SimpleGrid cols={{ base: 1, sm: after === null ? 1 : 2 }} spacing="sm">
          <Side title="As it came" text={before} other={after} label={`Before: ${event_id}`} color="red" />
          {after !== null && (
            <Side title="Repaired" text={after} other={before} label={`After: ${event_id}`} color="green" />
          )}
        </SimpleGrid>
        {item.truncated && (
          <Text size="sm" c="dimmed">
            {outcome === "truncated"
              ? "Not all of it was kept, so it can’t be redriven."
              : "Only the beginning of the event is shown. All of it was repaired and validated."}
          </Text>
        )}
        {after === null && outcome !== "truncated" && (
          <Text size="sm" c="dimmed">
            No repair changes it.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

interface SideProps {
  title: string;
  text: string | null;
  other: string | null;
  label: string;
  color: "red" | "green";
}

function Side({ title, text, other, label, color }: SideProps) {
  const { lines, left } = useMemo(() => layOut(text ?? "", OF_AN_EVENT), [text]);
  const marked = useMemo(() => differing(lines, other), [lines, other]);
  return (
    <Stack gap={4} miw={0}>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      {text === null ? <Text size="sm">It is no text that can be shown.</Text> : null}
      {text !== null && <MarkedLines lines={marked} label={label} color={color} />}
      <Left left={left} />
    </Stack>
  );
}

/** Lines with a mark at each that the other text does not have. */
function differing(lines: readonly Line[], other: string | null): Line[] {
  const there = new Set(other === null ? [] : layOut(other, OF_AN_EVENT).lines.map(({ text }) => bare(text)));
  return lines.map(({ text }) => ({ text, isMarked: other !== null && !there.has(bare(text)) }));
}

/** Without the comma that stands there as long as another member follows. */
function bare(line: string): string {
  return line.replace(/,$/, "");
}
