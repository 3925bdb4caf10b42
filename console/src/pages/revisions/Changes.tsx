import { Badge, Box, Button, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { byWeight, propertiesThatDiffer } from "@/pages/revisions/changes";
import { eventsText, inWords, whenAt } from "@/pages/revisions/in_words";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";
import { exactCount } from "@/text/units";

type Change = Model<"RevisionChangeRow">;

/** How many rows stand in the page at first, and how many more are shown at a time. */
const MORE = 50;

const COLOUR = { breaking: "red", safe: "pine", cosmetic: "gray" };

interface Props {
  changes: readonly Change[];
  /** Ids of the revisions that were compared: their fields say of which events a change is. */
  from: string;
  to: string;
}

/** The rows of a diff, in words and side by side, what breaks first. */
export function Changes({ changes, from, to }: Props) {
  const before = useFields(from);
  const after = useFields(to);
  const [most, setMost] = useState(MORE);
  const ordered = useMemo(() => byWeight(changes), [changes]);
  const left = ordered.length - most;
  return (
    <>
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: "none" }} aria-label="Changes">
        {ordered.slice(0, most).map((change) => (
          <li key={`${change.path} ${change.change}`}>
            <Paper>
              <Stack gap="xs">
                <Group gap="xs">
                  <Badge color={COLOUR[change.class]} variant="light">
                    {change.class}
                  </Badge>
                  <Text fw={600} className="mono">
                    {change.path === "" ? "the revision" : change.path}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {change.change}
                  </Text>
                  <KindOfEvent when={whenAt(change.path, before, after)} />
                </Group>
                <Text size="sm">{change.why}</Text>
                {inWords(change).map((sentence) => (
                  <Text key={sentence} size="sm" style={{ overflowWrap: "anywhere" }}>
                    {sentence}
                  </Text>
                ))}
                {propertiesThatDiffer(change).length > 0 && (
                  <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
                    <Side title="Before" change={change} of="before" />
                    <Side title="After" change={change} of="after" />
                  </SimpleGrid>
                )}
              </Stack>
            </Paper>
          </li>
        ))}
      </Stack>
      {left > 0 && (
        <Group>
          <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + MORE)}>
            Show {Math.min(left, MORE)} of {exactCount(left)} more
          </Button>
        </Group>
      )}
    </>
  );
}

function useFields(revisionId: string): Model<"SchemaField">[] | undefined {
  return api.useQuery("get", "/v1/revisions/{revision_id}", { params: { path: { revision_id: revisionId } } }).data
    ?.fields;
}

function KindOfEvent({ when }: { when: Record<string, unknown> | null }) {
  if (when === null) return null;
  return (
    <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      {eventsText(when)}
    </Text>
  );
}

function Side({ title, change, of }: { title: string; change: Change; of: "before" | "after" }) {
  const fields = propertiesThatDiffer(change);
  const side = change[of];
  return (
    <Box>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Box
        component="pre"
        m={0}
        mt={2}
        p="xs"
        className="mono"
        bg="var(--page-colour)"
        style={{ overflowX: "auto", borderRadius: 6, fontSize: "0.8125rem" }}
        tabIndex={0}
        role="region"
        aria-label={`${title}: ${change.path}`}
      >
        {side === null ? "–" : fields.map((field) => `${field}: ${visible(writeJson(side[field] ?? null))}`).join("\n")}
      </Box>
    </Box>
  );
}
