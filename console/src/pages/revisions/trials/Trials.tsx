import { Accordion, Badge, Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { DocsLink } from "@/components/DocsLink";
import { FirstFocus } from "@/components/FirstFocus";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { isOpen, SOURCES } from "@/pages/revisions/trials/trial_words";
import { OneTrial, TryOnTraffic } from "@/pages/revisions/trials/TryOnTraffic";
import { exactCount } from "@/text/units";

const POLL_MS = 1_000;
const STATE = { queued: "yellow", running: "blue", done: "pine", failed: "red", cancelled: "gray" };

interface Props {
  revision: Pick<Model<"Revision">, "id" | "endpoint_id" | "version">;
  opened: boolean;
  onClose: () => void;
}

/** The trials of a revision, newest first, and a new one. */
export function Trials({ revision, opened, onClose }: Props) {
  return (
    <Drawer opened={opened} onClose={onClose} title="Try on traffic" size="lg">
      <FirstFocus />
      {opened && (
        <Stack>
          <Text size="sm" c="dimmed">
            Validates events that were sent, by this revision and by the one that runs. Nothing is changed or sent.{" "}
            <DocsLink word="Trial" />
          </Text>
          <TryOnTraffic revision={revision} choosesSource onLeave={onClose} />
          <Earlier revision={revision} onLeave={onClose} />
        </Stack>
      )}
    </Drawer>
  );
}

function Earlier({ revision, onLeave }: { revision: Props["revision"]; onLeave: () => void }) {
  const [opened, setOpened] = useState<string | null>(null);
  const environments = useQuery(lists.environments(revision.endpoint_id));
  const trials = useQuery({
    ...lists.trials(revision.id),
    refetchInterval: ({ state }) => (state.data?.some(isOpen) === true ? POLL_MS : false),
  });
  const nameOf = (id: string) => environments.data?.find((row) => row.id === id)?.name ?? id;
  return (
    <Loaded query={trials} failed="The trials could not be loaded">
      {(all) =>
        all.length > 0 && (
          <Stack gap="xs">
            <Title order={4}>Trials of the last seven days</Title>
            <Accordion value={opened} onChange={setOpened} variant="contained">
              {all.map((trial) => (
                <Accordion.Item key={trial.id} value={trial.id}>
                  <Accordion.Control>
                    <Group gap="xs">
                      <Badge variant="light" color={STATE[trial.state]}>
                        {trial.state}
                      </Badge>
                      <Text size="sm">
                        {exactCount(trial.newly_invalid)} newly invalid of {exactCount(trial.looked_at)}
                      </Text>
                      <Text size="sm" c="dimmed">
                        {SOURCES[trial.source]}, {nameOf(trial.environment_id)}, <RelativeTime at={trial.created_at} />
                        {trial.revision_version < revision.version && ", before the latest change"}
                      </Text>
                    </Group>
                  </Accordion.Control>
                  <Accordion.Panel>
                    {opened === trial.id && (
                      <OneTrial trialId={trial.id} endpointId={revision.endpoint_id} onLeave={onLeave} />
                    )}
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
          </Stack>
        )
      }
    </Loaded>
  );
}
