import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import { Loaded } from "@/components/Loaded";
import { merge } from "@/pages/revisions/merge";
import { normalised, type Draft } from "@/pages/revisions/use_draft";

/** Told when someone else has saved the same draft: nothing is lost, whatever is chosen. */
export function Conflict({ draft }: { draft: Draft }) {
  return (
    <Modal opened={draft.conflict !== null} onClose={draft.putOff} title="Someone else has saved this draft" size="lg">
      {draft.conflict !== null && <Choices draft={draft} {...draft.conflict} />}
    </Modal>
  );
}

function Choices({ draft, base, mine }: { draft: Draft } & NonNullable<Draft["conflict"]>) {
  const theirs = api.useQuery(
    "get",
    "/v1/revisions/{revision_id}",
    { params: { path: { revision_id: draft.revisionId } } },
    { staleTime: 0, refetchOnMount: "always" },
  );
  return (
    <Loaded query={theirs}>
      {(saved) => {
        const merged = merge(base, mine, normalised(saved.fields));
        return (
          <Stack>
            <Text>Your changes have not been saved, and nothing of either is lost. What you choose can be undone.</Text>
            <Keys title="They changed:" keys={merged.theirs} />
            <Keys title="You both changed, differently; yours would be taken:" keys={merged.contested} />
            <Text size="sm" c="dimmed">
              After choosing, look it over and save.
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={draft.putOff}>
                Not now
              </Button>
              <Button variant="default" onClick={() => draft.resolve(saved, saved.fields)}>
                Take theirs
              </Button>
              <Button variant="default" onClick={() => draft.resolve(saved, mine)}>
                Keep mine
              </Button>
              <Button data-autofocus onClick={() => draft.resolve(saved, merged.fields)}>
                Put both together
              </Button>
            </Group>
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Keys({ title, keys }: { title: string; keys: string[] }) {
  if (keys.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm">
        {keys.map((key) => (
          <List.Item key={key} className="mono">
            {key}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
