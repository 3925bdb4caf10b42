import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconEye, IconGitFork, IconRepeat } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { Amount } from "@/components/Amount";
import { RelativeTime } from "@/components/RelativeTime";
import { SparkLine } from "@/components/SparkLine";
import { wrongWith } from "@/pages/environments/quarantine/told";
import { visible } from "@/text/laid_out";
import { counted, exactCount, percent } from "@/text/units";

type QuarantineGroup = Model<"QuarantineGroup">;

const SPARK_WIDTH = 96;

interface Props {
  page: Model<"QuarantinePage">;
  nameOf: (revisionId: string) => string;
  onView: (group: QuarantineGroup) => void;
  onFix: (group: QuarantineGroup) => void;
  onRedrive: (group: QuarantineGroup) => void;
}

/** Why events are in quarantine, the most frequent reason first, and what can be done about each. */
export function Groups({ page, ...props }: Props) {
  return (
    <Stack component="ul" role="list" aria-label="Groups" gap="sm" m={0} p={0} style={{ listStyle: "none" }}>
      {page.items.map((group) => (
        <One key={`${group.revision_id} ${group.code} ${group.pointer}`} group={group} page={page} {...props} />
      ))}
    </Stack>
  );
}

function One({ group, page, nameOf, onView, onFix, onRedrive }: Props & { group: QuarantineGroup }) {
  const refused = useRefusal("editor");
  const place = group.pointer === "" ? "the event" : visible(group.pointer);
  const look = { size: "compact-sm", variant: "default" };
  return (
    <Paper component="li" p="sm">
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
          <Text style={{ overflowWrap: "anywhere" }} miw={0}>
            {group.pointer === "" ? "The event" : <strong className="mono">{place}</strong>} {wrongWith(group.code)}
          </Text>
          <Stack gap={0} align="flex-end" style={{ flexShrink: 0 }}>
            <Text fw={600}>
              <Amount value={group.count} /> {group.count === 1 ? "event" : "events"}
            </Text>
            {page.events > 0 && (
              <Text size="sm" c="dimmed">
                {percent(group.count / page.events)}
              </Text>
            )}
          </Stack>
        </Group>
        <Group justify="space-between" align="flex-end" gap="sm">
          <Stack gap={2}>
            <Group gap="xs">
              <Text size="sm" c="dimmed" className="mono">
                {group.code}
              </Text>
              <Text size="sm" c="dimmed">
                {nameOf(group.revision_id)}
              </Text>
            </Group>
            <Text size="sm" c="dimmed">
              First seen <RelativeTime at={group.first_seen} />, last <RelativeTime at={group.last_seen} />.
              {group.redriven > 0 && ` ${counted(group.redriven, "event")} sent since.`}
            </Text>
          </Stack>
          <SparkLine
            values={group.trend}
            width={SPARK_WIDTH}
            unfinished
            color="var(--mantine-color-error)"
            label={`Refused by ${page.trend_slice}: ${exactCount(group.trend.reduce((sum, count) => sum + count, 0))}`}
          />
        </Group>
        <Group gap="xs">
          <Button
            {...look}
            leftSection={<IconEye size={14} />}
            aria-label={`View ${place}`}
            onClick={() => onView(group)}
          >
            View
          </Button>
          <ActionButton
            {...look}
            leftSection={<IconGitFork size={14} />}
            refused={refused}
            aria-label={`Fix in a new revision: ${place}`}
            onClick={() => onFix(group)}
          >
            Fix in a new revision
          </ActionButton>
          <ActionButton
            {...look}
            leftSection={<IconRepeat size={14} />}
            refused={refused !== false ? refused : group.count === 0 && "All of them were sent."}
            aria-label={`Redrive ${place}`}
            onClick={() => onRedrive(group)}
          >
            Redrive
          </ActionButton>
        </Group>
      </Stack>
    </Paper>
  );
}
