import { Badge, Box, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMemo } from "react";

import type { Model } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { markedLines } from "@/pages/environments/marking";

/** Some events as they came, each with what is wrong marked in it. */
export function Samples({ samples }: { samples: readonly Model<"QuarantinedEvent">[] }) {
  if (samples.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Samples">
      <Title order={3}>Samples</Title>
      {samples.map((sample) => (
        <Sample key={`${sample.event_id} ${sample.object}`} sample={sample} />
      ))}
    </Stack>
  );
}

function Sample({ sample }: { sample: Model<"QuarantinedEvent"> }) {
  const text = sample.raw ?? sample.raw_base64 ?? "";
  const lines = useMemo(
    () =>
      markedLines(
        text,
        sample.errors.map(({ pointer }) => pointer),
      ),
    [text, sample.errors],
  );
  return (
    <Paper>
      <Stack gap="xs">
        <Group gap="xs">
          <RelativeTime at={sample.received_at} />
          <Text size="sm" c="dimmed" className="mono">
            {sample.event_id}
          </Text>
          {sample.raw === null && (
            <Badge variant="light" color="gray">
              no text: base64
            </Badge>
          )}
        </Group>
        {sample.errors.map((fault) => (
          <Text key={`${fault.pointer} ${fault.code}`} size="sm">
            <span className="mono">{fault.pointer === "" ? "the event" : fault.pointer}</span> {fault.message}{" "}
            <Text span c="dimmed" size="sm" className="mono">
              {fault.code}
            </Text>
          </Text>
        ))}
        {sample.more && (
          <Text size="sm" c="dimmed">
            and more
          </Text>
        )}
        <Box
          component="pre"
          m={0}
          p="sm"
          mah={320}
          className="mono"
          tabIndex={0}
          role="region"
          aria-label={`Event ${sample.event_id}`}
          bg="var(--page-colour)"
          style={{ overflow: "auto", borderRadius: 6, fontSize: "0.8125rem" }}
        >
          {lines.map((line, index) =>
            line.isMarked ? (
              <mark
                key={index}
                style={{
                  display: "block",
                  color: "inherit",
                  background: "var(--mantine-color-red-light)",
                  boxShadow: "inset 3px 0 0 var(--mantine-color-error)",
                  paddingInlineStart: 6,
                }}
              >
                {line.text}
              </mark>
            ) : (
              <span key={index} style={{ display: "block", paddingInlineStart: 6 }}>
                {line.text}
              </span>
            ),
          )}
        </Box>
        {sample.truncated && (
          <Text size="sm" c="dimmed">
            The beginning of {sample.raw_bytes.toLocaleString("en-GB")} bytes; all of it stands in {sample.object}.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
