import { Badge, Code, Group, Select, Stack, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { Loaded, LinesSkeleton } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { Section } from "@/components/Page";
import { Changes } from "@/pages/revisions/Changes";

/** What becomes of events and columns from one revision to another. */
export function Compare() {
  const { endpointId, fromId, toId } = useParams({ from: "/app/endpoints/$endpointId/compare/$fromId/$toId" });
  const navigate = useNavigate();
  const revisions = useQuery(lists.revisions(endpointId));
  const diff = api.useQuery("get", "/v1/revisions/{revision_id}/diff/{other_id}", {
    params: { path: { revision_id: fromId, other_id: toId } },
  });
  const go = (from: string | null, to: string | null) => {
    if (from === null || to === null) return;
    const params = { endpointId, fromId: from, toId: to };
    void navigate({ to: "/endpoints/$endpointId/compare/$fromId/$toId", params, replace: true });
  };
  return (
    <Section title="Compare" lead="What breaks comes first.">
      <Group align="flex-end" gap="sm">
        <Select
          label="From"
          data={optionsOf(revisions.data)}
          value={fromId}
          searchable
          allowDeselect={false}
          onChange={(id) => go(id, toId)}
        />
        <Text c="dimmed" pb={8} visibleFrom="xs" aria-hidden>
          <IconArrowRight size={18} />
        </Text>
        <Select
          label="To"
          data={optionsOf(revisions.data)}
          value={toId}
          searchable
          allowDeselect={false}
          onChange={(id) => go(fromId, id)}
        />
      </Group>
      <Loaded query={diff} skeleton={<LinesSkeleton lines={8} />} failed="The two could not be compared">
        {(found) => (
          <Stack>
            <Group gap="xs">
              <Badge color={VERDICT[found.class].colour} variant="light" size="lg">
                {found.class === "none" ? "no difference" : found.class}
              </Badge>
              <Text size="sm">{VERDICT[found.class].text}</Text>
            </Group>
            <Changes changes={found.changes} from={fromId} to={toId} />
          </Stack>
        )}
      </Loaded>
      <Text size="sm" c="dimmed">
        On the command line:{" "}
        <Code>
          ingestctl revisions diff {fromId} {toId}
        </Code>
      </Text>
    </Section>
  );
}

const VERDICT = {
  breaking: { colour: "red", text: "Some event that was accepted would be refused, or a column changes." },
  safe: { colour: "pine", text: "Every event that was accepted still is, and columns stay." },
  cosmetic: { colour: "gray", text: "Only descriptions or the order differ." },
  none: { colour: "gray", text: "The two mean the same." },
};
