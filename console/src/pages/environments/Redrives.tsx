import { Alert, Badge, Button, Group, Paper, Progress, Select, Stack, Text, Title } from "@mantine/core";
import { IconRepeat, IconTestPipe } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { FormFailure } from "@/components/FormFailure";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { counted } from "@/text/units";

const RUNNING_POLL_MS = 1_000;
const STATE = { queued: "yellow", running: "blue", done: "pine", failed: "red", cancelled: "gray" };

type Redrive = Model<"Redrive">;

interface Props {
  environment: Model<"Environment">;
  filter: { code?: string; pointer?: string; revision?: string; from?: string; to?: string };
  revisions: Model<"Revision">[];
}

/** Sends quarantined events again under a revision that they fit, after a dry run has said what would come of it. */
export function Redrives({ environment, filter, revisions }: Props) {
  const [revision, setRevision] = useState<string | null>(null);
  const refused = useRefusal("editor");
  const redrives = useQuery({
    ...lists.redrives(environment.id),
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) === true ? RUNNING_POLL_MS : false),
  });
  const start = api.useMutation("post", "/v1/environments/{environment_id}/redrives", {
    meta: { showsFailures: true },
    onSuccess: ({ dry_run }) => toasts.done(dry_run ? "The dry run has begun." : "The redrive has begun."),
  });
  const chosen = revision ?? environment.revision_id;
  const nameOf = (id: string) => revisions.find((row) => row.id === id)?.name ?? id;
  const tried = redrives.data?.find(
    (row) => row.dry_run && row.state === "done" && row.revision_id === chosen && isSame(row.filter, filter),
  );
  const send = (dry_run: boolean) => {
    const body = { revision_id: chosen, dry_run, filter: filter as Model<"RedriveFilter"> };
    start.mutate({ params: { path: { environment_id: environment.id } }, body });
  };
  return (
    <Stack gap="sm" component="section" aria-label="Redrive">
      <Title order={3}>Redrive</Title>
      <Paper>
        <Stack>
          <Text size="sm">
            Every event {Object.values(filter).some(Boolean) ? "that matches the filters above" : "in quarantine"} is
            judged under the revision you choose. Those that fit are sent under their own ids, the others stay.
          </Text>
          <Group align="flex-end">
            <Select
              label="Under the revision"
              searchable
              allowDeselect={false}
              data={revisions
                .filter(({ state }) => state === "finalised")
                .toReversed()
                .map(({ id, name }) => ({ value: id, label: name }))}
              value={chosen}
              onChange={setRevision}
            />
            <Button
              variant={tried === undefined ? "filled" : "default"}
              leftSection={<IconTestPipe size={16} />}
              loading={start.isPending && start.variables.body.dry_run === true}
              disabled={refused !== false}
              onClick={() => send(true)}
            >
              Dry run
            </Button>
            <Button
              variant={tried === undefined ? "default" : "filled"}
              leftSection={<IconRepeat size={16} />}
              loading={start.isPending && start.variables.body.dry_run === false}
              disabled={refused !== false || tried === undefined || tried.valid === 0}
              onClick={() => send(false)}
            >
              {tried === undefined ? "Redrive" : `Redrive ${counted(tried.valid, "event")}`}
            </Button>
          </Group>
          {tried === undefined && (
            <Text size="sm" c="dimmed">
              The dry run comes first: it says how many would fit, and sends nothing.
            </Text>
          )}
          <FormFailure failure={start.isError ? failureFrom(start.error) : null} />
        </Stack>
      </Paper>
      {redrives.data?.slice(0, 10).map((row) => (
        <Run key={row.id} redrive={row} name={nameOf(row.revision_id)} />
      ))}
    </Stack>
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
          {counted(redrive.matched, "event")} matched: {redrive.valid}{" "}
          {redrive.dry_run ? "would fit" : `fitted, of which ${redrive.sent} were sent`}, {redrive.invalid} still not
          valid
          {redrive.codes.length > 0 && ` (${redrive.codes.map(({ code, count }) => `${code} ${count}`).join(", ")})`}.
        </Text>
        {redrive.reason !== null && <Alert color="red">{redrive.reason}</Alert>}
      </Stack>
    </Paper>
  );
}

function isUnderWay({ state }: Redrive): boolean {
  return state === "queued" || state === "running";
}

function isSame(made: Redrive["filter"], filter: Props["filter"]): boolean {
  return (["code", "pointer", "revision"] as const).every((name) => (made[name] ?? undefined) === filter[name]);
}
