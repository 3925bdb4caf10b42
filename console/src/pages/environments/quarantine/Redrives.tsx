import { Alert, Badge, Button, Center, Group, Paper, Progress, Select, Stack, Text, Title } from "@mantine/core";
import { IconRepeat, IconTestPipe } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { Amount } from "@/components/Amount";
import { FormFailure } from "@/components/FormFailure";
import { Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { dryRunOf, isUnderWay, type AskedFilter } from "@/pages/environments/quarantine/redrive_filter";
import { counted, exactCount } from "@/text/units";

const SHOWN = 10;
const RUNNING_POLL_MS = 1_000;
const STATE = { queued: "yellow", running: "blue", done: "pine", failed: "red", cancelled: "gray" };

type Redrive = Model<"Redrive">;

interface Props {
  environment: Model<"Environment">;
  filter: AskedFilter;
  /** Since when events are in quarantine; not known until the quarantine is loaded. */
  keptFrom: string | undefined;
  /** The chosen revision; the one that runs, if none is. */
  under: string | undefined;
  onUnder: (revisionId: string | undefined) => void;
  revisions: Model<"Revision">[];
}

/** Sends quarantined events again under a revision that they fit, after a dry run has said what would come of it. */
export function Redrives({ environment, filter, keptFrom, under, onUnder, revisions }: Props) {
  const [most, setMost] = useState(SHOWN);
  const refused = useRefusal("editor");
  const redrives = useQuery({
    ...lists.redrives(environment.id),
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) === true ? RUNNING_POLL_MS : false),
  });
  const start = api.useMutation("post", "/v1/environments/{environment_id}/redrives", {
    meta: { showsFailures: true },
    onSuccess: ({ dry_run }) => toasts.done(dry_run ? "The dry run has begun." : "The redrive has begun."),
  });
  const chosen = under ?? environment.revision_id;
  const nameOf = (id: string) => revisions.find((row) => row.id === id)?.name ?? id;
  const tried = dryRunOf(redrives.data ?? [], chosen, filter, keptFrom);
  useReadAgainAtTheEnd(redrives.data);
  const send = (dry_run: boolean) => {
    const body = { revision_id: chosen, dry_run, filter };
    start.mutate({ params: { path: { environment_id: environment.id } }, body });
  };
  return (
    <Stack gap="sm" component="section" aria-label="Redrive">
      <Title order={3}>Redrive</Title>
      <Paper>
        <Stack>
          <Text size="sm">
            Validates every event{" "}
            {Object.values(filter).some(Boolean) ? "that matches the filters above" : "in quarantine"} against the
            revision you choose. Those that are valid are sent with their own ids. The others stay.
          </Text>
          <Group align="flex-end">
            <Select
              label="Under the revision"
              searchable
              allowDeselect={false}
              data={optionsOf(revisions.filter(({ state }) => state === "finalised").toReversed())}
              value={chosen}
              onChange={(id) => onUnder(id ?? undefined)}
            />
            <ActionButton
              variant={tried === undefined ? "filled" : "default"}
              leftSection={<IconTestPipe size={16} />}
              loading={start.isPending && start.variables.body.dry_run === true}
              refused={refused}
              onClick={() => send(true)}
            >
              Dry run
            </ActionButton>
            <ActionButton
              variant={tried === undefined ? "default" : "filled"}
              leftSection={<IconRepeat size={16} />}
              loading={start.isPending && start.variables.body.dry_run === false}
              refused={
                refused !== false
                  ? refused
                  : tried === undefined
                    ? "The dry run comes first."
                    : tried.valid === 0 && "None of these events would fit."
              }
              onClick={() => send(false)}
            >
              {tried === undefined ? "Redrive" : `Redrive ${counted(tried.valid, "event")}`}
            </ActionButton>
          </Group>
          {tried === undefined && (
            <Text size="sm" c="dimmed">
              The dry run comes first: it says how many would fit, and sends nothing.
            </Text>
          )}
          <FormFailure failure={start.isError ? failureFrom(start.error) : null} />
        </Stack>
      </Paper>
      <Loaded query={redrives} failed="The redrives could not be loaded">
        {(rows) => (
          <>
            {rows.slice(0, most).map((row) => (
              <Run key={row.id} redrive={row} name={nameOf(row.revision_id)} />
            ))}
            {rows.length > most && (
              <Center>
                <Button variant="default" onClick={() => setMost(most + SHOWN)}>
                  Show older ({exactCount(rows.length - most)} more)
                </Button>
              </Center>
            )}
          </>
        )}
      </Loaded>
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
        {redrive.reason !== null && <Alert color="red">{redrive.reason}</Alert>}
      </Stack>
    </Paper>
  );
}

/** What a redrive changes is shown all over the page: it is read again once one ends. */
function useReadAgainAtTheEnd(redrives: Redrive[] | undefined): void {
  const queries = useQueryClient();
  // One that ends between two looks is never seen running.
  const ended = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (redrives === undefined) return;
    const now = new Set(redrives.filter((row) => !isUnderWay(row)).map(({ id }) => id));
    const before = ended.current;
    ended.current = now;
    if (before !== null && [...now].some((id) => !before.has(id))) void queries.invalidateQueries();
  }, [redrives, queries]);
}
