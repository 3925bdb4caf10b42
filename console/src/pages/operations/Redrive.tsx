import { Alert, Button, Group, List, Paper, Progress, Select, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconRepeat, IconTestPipe } from "@tabler/icons-react";
import { useState } from "react";

import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormFailure } from "@/components/FormFailure";
import { distinct } from "@/components/options";
import { toasts } from "@/components/toasts";
import { useRedrive, type Sent, type Wanted } from "@/pages/operations/use_redrive";
import { counted } from "@/text/units";

const MOST_SKIPPED = 20; // that are named; their reasons repeat

interface Props {
  wanted: Omit<Wanted, "revision_id">;
  /** Tables of later revisions that may take them, the newest last. */
  newerTables?: Model<"NewerTable">[];
  /** There is nothing to send. */
  isNothing?: boolean;
}

/** Sends set-aside events to their destinations again, after a dry run has said how many that would be. */
export function Redrive({ wanted: which, newerTables = [], isNothing = false }: Props) {
  const [revisionId, setRevisionId] = useState<string | null>(null);
  const isOffered = newerTables.some(({ revision_id }) => revision_id === revisionId);
  const wanted: Wanted = isOffered && revisionId !== null ? { ...which, revision_id: revisionId } : which;
  const trial = useRedrive(true, ({ events }) => toasts.done(`Dry run: ${counted(events, "event")} to send.`));
  const sending = useRedrive(false, ({ events }) => {
    trial.run.reset();
    toasts.done(`${counted(events, "event")} on the way to ${events === 1 ? "its" : "their"} destination.`);
  });
  const isBusy = trial.run.isPending || sending.run.isPending;
  const tried = isSame(trial.run.variables, wanted) ? trial.run.data : undefined;
  const sent = isSame(sending.run.variables, wanted) ? sending.run.data : undefined;
  const failed = [trial.run, sending.run].find(({ isError, variables }) => isError && isSame(variables, wanted));
  if (isNothing && !isBusy && sent === undefined && failed === undefined) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Redrive">
      <Title order={3}>Send again</Title>
      <Paper>
        <Stack>
          <Text size="sm">
            <strong>Fix the cause first.</strong> {whatIsSent(wanted)}{" "}
            {wanted.revision_id === undefined
              ? "Events go to the table of the revision that they were accepted by; "
              : "Events go to the chosen table, which has to fit them; "}
            what is refused again comes back here, in another object.
          </Text>
          {newerTables.length > 0 && (
            <Select
              label="Table"
              description="If their own table can’t be fixed, send them to that of a later revision."
              placeholder="That of their own revision"
              data={distinct(
                newerTables.toReversed().map(({ revision_id: value, table: label }) => ({ value, label })),
              )}
              value={isOffered ? revisionId : null}
              onChange={setRevisionId}
              clearable
              disabled={isBusy}
            />
          )}
          <Group>
            <Button
              variant={tried === undefined ? "filled" : "default"}
              leftSection={<IconTestPipe size={16} />}
              loading={trial.run.isPending}
              disabled={isBusy || isNothing}
              onClick={() => trial.run.mutate(wanted)}
            >
              Dry run
            </Button>
            <Button
              variant={tried === undefined ? "default" : "filled"}
              leftSection={<IconRepeat size={16} />}
              loading={sending.run.isPending}
              disabled={isBusy || isNothing || tried === undefined || tried.events === 0}
              onClick={() => sending.run.mutate(wanted)}
            >
              {tried === undefined ? "Send again" : `Send ${counted(tried.events, "event")} again`}
            </Button>
          </Group>
          {tried === undefined && !isBusy && sent === undefined && (
            <Text size="sm" c="dimmed">
              The dry run comes first: it says how many would be sent, and sends nothing.
            </Text>
          )}
          {trial.run.isPending && <Going sofar={trial.sofar} total={null} />}
          {sending.run.isPending && <Going sofar={sending.sofar} total={tried?.events ?? null} />}
          {tried !== undefined && !isBusy && <Result sent={tried} isTrial />}
          {sent !== undefined && tried === undefined && !isBusy && <Result sent={sent} />}
          <FormFailure failure={failed === undefined ? null : failureFrom(failed.error)} />
          {failed === sending.run && sending.sofar.events > 0 && (
            <Text size="sm">
              {counted(sending.sofar.events, "event")} were sent before that and stay sent. Begin again for the rest.
            </Text>
          )}
        </Stack>
      </Paper>
    </Stack>
  );
}

function Going({ sofar, total }: { sofar: Sent; total: number | null }) {
  const done = total === null ? 100 : (100 * sofar.events) / Math.max(1, total);
  return (
    <Stack gap={4} role="status">
      <Progress value={done} animated aria-label={total === null ? "Counting" : "Sending again"} />
      <Text size="sm" c="dimmed">
        {counted(sofar.events, "event")}
        {total === null ? "" : ` of ${counted(total, "event")}`} in {counted(sofar.objects, "object")} so far. It goes
        on while this tab is open.
      </Text>
    </Stack>
  );
}

function Result({ sent, isTrial = false }: { sent: Sent; isTrial?: boolean }) {
  const { objects, events, skipped } = sent;
  const what = `${counted(events, "event")} in ${counted(objects, "object")}`;
  return (
    <Stack gap="xs" role="status">
      <Alert color={isTrial || events === 0 ? "blue" : "pine"} icon={<IconCheck size={18} />}>
        {isTrial
          ? `${what} would be sent.`
          : `${what} sent. They arrive within a minute or so; Refresh shows what is refused again.`}
      </Alert>
      {skipped.length > 0 && (
        <Alert
          color="yellow"
          title={`${counted(skipped.length, "object")} can’t be sent and ${skipped.length === 1 ? "stays" : "stay"}`}
        >
          <List size="sm" spacing={4}>
            {skipped.slice(0, MOST_SKIPPED).map(({ id, reason }) => (
              <List.Item key={id} style={{ overflowWrap: "anywhere" }}>
                <span className="mono">{id}</span> {reason}
              </List.Item>
            ))}
            {skipped.length > MOST_SKIPPED && <List.Item>and {skipped.length - MOST_SKIPPED} more</List.Item>}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

function whatIsSent({ ids, environment_id, reason }: Wanted): string {
  if (ids !== undefined) return "This object goes whole.";
  const whose = environment_id === undefined ? "of every environment" : "of this environment";
  if (reason === undefined) return `Everything that is set aside ${whose} is sent.`;
  return `Objects ${whose} with this reason go whole, with what was refused for another reason, too.`;
}

function isSame(one: Wanted | undefined, other: Wanted): boolean {
  return (
    one !== undefined &&
    one.environment_id === other.environment_id &&
    one.reason === other.reason &&
    one.revision_id === other.revision_id &&
    one.ids?.join() === other.ids?.join()
  );
}
