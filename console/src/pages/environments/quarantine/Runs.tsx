import { Alert, Badge, Button, Center, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { IconRocket } from "@tabler/icons-react";
import { useState } from "react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { Amount } from "@/components/Amount";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { isToBeDeployed, isUnderWay } from "@/pages/environments/quarantine/redrive_filter";
import { repairText } from "@/pages/environments/quarantine/repairs";
import { visible } from "@/text/laid_out";
import { counted, exactCount } from "@/text/units";

type Redrive = Model<"Redrive">;

const FEW = 1;
const MORE = 10;
const STATE = { queued: "yellow", running: "blue", done: "pine", failed: "red", cancelled: "gray" };

interface Props {
  environment: Model<"Environment">;
  /** The newest first. */
  redrives: readonly Redrive[];
  nameOf: (revisionId: string) => string;
}

/** The newest redrive and those under way, the question that follows from it, and the others on demand. */
export function Runs({ environment, redrives, nameOf }: Props) {
  const [most, setMost] = useState(FEW);
  const shown = redrives.filter((row, index) => index < most || isUnderWay(row));
  const left = redrives.length - shown.length;
  const [newest] = redrives;
  return (
    <Stack gap="sm">
      {newest !== undefined && isToBeDeployed(newest, environment) && (
        <DeployAsWell environment={environment} redrive={newest} nameOf={nameOf} />
      )}
      {shown.map((row) => (
        <Run key={row.id} redrive={row} name={nameOf(row.revision_id)} />
      ))}
      {left > 0 && (
        <Center>
          <Button variant="subtle" size="compact-sm" onClick={() => setMost(most + MORE)}>
            Show older ({exactCount(left)} more)
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function DeployAsWell({ environment, redrive, nameOf }: Omit<Props, "redrives"> & { redrive: Redrive }) {
  const refused = useRefusal("editor");
  const name = nameOf(redrive.revision_id);
  const deploy = api.useMutation("post", "/v1/environments/{environment_id}/deployments", {
    onSuccess: () => toasts.done(`“${name}” runs in ${environment.name} within five seconds.`),
  });
  return (
    <Alert color="blue" title="Deploy this revision as well?">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          {counted(redrive.sent, "event")} {redrive.sent === 1 ? "was" : "were"} sent under {name}. New events are still
          validated by {nameOf(environment.revision_id)}, so events like {redrive.sent === 1 ? "it" : "these"} go to
          quarantine again.
        </Text>
        <ActionButton
          size="compact-sm"
          leftSection={<IconRocket size={14} />}
          loading={deploy.isPending}
          refused={refused}
          onClick={() =>
            deploy.mutate({
              params: { path: { environment_id: environment.id } },
              body: { revision_id: redrive.revision_id, note: "After a redrive" },
            })
          }
        >
          Deploy {name}
        </ActionButton>
      </Stack>
    </Alert>
  );
}

function Run({ redrive, name }: { redrive: Redrive; name: string }) {
  const cancel = api.useMutation("post", "/v1/redrives/{redrive_id}/cancel");
  const done =
    redrive.objects_total === null || redrive.objects_total === 0 ? 0 : redrive.objects_done / redrive.objects_total;
  const what = redrive.dry_run ? "Dry run" : "Redrive";
  return (
    <Paper role="status" aria-label={`${what} under ${name}`}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Badge variant="light" color={STATE[redrive.state]}>
              {redrive.state}
            </Badge>
            <Text fw={600}>
              {what} under {name}
            </Text>
            <Text size="sm" c="dimmed">
              <RelativeTime at={redrive.created_at} />
            </Text>
          </Group>
          {isUnderWay(redrive) && (
            <Button
              size="xs"
              variant="default"
              loading={cancel.isPending}
              onClick={() => cancel.mutate({ params: { path: { redrive_id: redrive.id } } })}
            >
              Cancel
            </Button>
          )}
        </Group>
        {isUnderWay(redrive) && (
          <Progress value={done * 100} animated aria-label={`Progress of the ${what.toLowerCase()}`} />
        )}
        <Text size="sm">
          <Amount value={redrive.matched} /> {redrive.matched === 1 ? "event" : "events"} matched:{" "}
          <Amount value={redrive.valid} />{" "}
          {redrive.dry_run ? (
            "would fit"
          ) : (
            <>
              fitted, <Amount value={redrive.sent} /> of them sent
            </>
          )}
          , <Amount value={redrive.invalid} /> still not valid
          {redrive.codes.length > 0 &&
            ` (${redrive.codes.map(({ code, count }) => `${code} ${exactCount(count)}`).join(", ")})`}
          {redrive.truncated > 0 && (
            <>
              , <Amount value={redrive.truncated} /> kept as a beginning only, which can&apos;t be sent
            </>
          )}
          .
        </Text>
        {redrive.repairs.map((repair, index) => (
          <Text key={index} size="sm" style={{ overflowWrap: "anywhere" }}>
            <span className="mono">{visible(repairText(repair))}</span>: <Amount value={repair.changed} /> changed,{" "}
            <Amount value={repair.unchanged} /> left as {repair.unchanged === 1 ? "it was" : "they were"}.
          </Text>
        ))}
        {redrive.reason !== null && <Alert color="red">{redrive.reason}</Alert>}
      </Stack>
    </Paper>
  );
}
