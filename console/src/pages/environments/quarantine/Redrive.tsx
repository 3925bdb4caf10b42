import { Group, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { IconEye, IconRepeat, IconTestPipe } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type Ref } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { toasts } from "@/components/toasts";
import { Preview } from "@/pages/environments/quarantine/Preview";
import { dryRunOf, isUnderWay, type AskedFilter } from "@/pages/environments/quarantine/redrive_filter";
import { AddRepair, RepairRows } from "@/pages/environments/quarantine/RepairRows";
import { repairsOf, type RepairRow } from "@/pages/environments/quarantine/repairs";
import { Runs } from "@/pages/environments/quarantine/Runs";
import { writeJson } from "@/text/json";
import { counted } from "@/text/units";

const RUNNING_POLL_MS = 1_000;
const PREVIEWED = 5;

interface Props {
  environment: Model<"Environment">;
  filter: AskedFilter;
  /** Since when events are in quarantine; not known until the quarantine is loaded. */
  keptFrom: string | undefined;
  /** The chosen revision; the one that runs, if none is. */
  under: string | undefined;
  onUnder: (revisionId: string | undefined) => void;
  revisions: Model<"Revision">[];
  /** Of all of it, so that a group can lead here. */
  sectionRef: Ref<HTMLDivElement>;
}

/** Sends quarantined events again under a revision that they fit, repaired where you say so, after a dry run. */
export function Redrive({ environment, filter, keptFrom, under, onUnder, revisions, sectionRef }: Props) {
  const refused = useRefusal("editor");
  const [rows, setRows] = useState<RepairRow[]>([]);
  const redrives = useQuery({
    ...lists.redrives(environment.id),
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) === true ? RUNNING_POLL_MS : false),
  });
  const preview = api.useMutation("post", "/v1/environments/{environment_id}/redrives/preview", {
    meta: { showsFailures: true, changesNothing: true },
  });
  const start = api.useMutation("post", "/v1/environments/{environment_id}/redrives", {
    meta: { showsFailures: true },
    onSuccess: ({ dry_run }) => {
      toasts.done(dry_run ? "The dry run has begun." : "The redrive has begun.");
      // What it showed would happen has happened.
      if (!dry_run) preview.reset();
    },
  });
  const revision_id = under ?? environment.revision_id;
  const nameOf = (id: string) => revisions.find((row) => row.id === id)?.name ?? id;
  const repairs = repairsOf(rows);
  const tried = repairs === null ? undefined : dryRunOf(redrives.data ?? [], revision_id, filter, keptFrom, repairs);
  useReadAgainAtTheEnd(redrives.data);
  const params = { path: { environment_id: environment.id } };
  const asked = { revision_id, filter, repairs: repairs ?? [] };
  const send = (dry_run: boolean) => start.mutate({ params, body: { ...asked, dry_run } });
  const unfinished = repairs === null && "Complete the repairs first.";
  const isPreviewed =
    preview.isSuccess && writeJson(preview.variables.body) === writeJson({ ...asked, samples: PREVIEWED });
  const failure = start.isError ? start.error : preview.isError ? preview.error : null;
  return (
    <Stack ref={sectionRef} gap="sm" role="region" aria-label="Redrive" tabIndex={-1} style={{ outline: "none" }}>
      <Title order={3}>Redrive</Title>
      <Paper>
        <Stack gap="sm">
          <Text size="sm">
            Validates every event{" "}
            {Object.values(filter).some(Boolean) ? "that matches the filters above" : "in quarantine"} against the
            revision you choose, after your repairs if the data are wrong. Valid events are sent with their own ids, the
            others stay as they came.
          </Text>
          <RepairRows rows={rows} onChange={setRows} />
          <Group align="flex-end">
            <Select
              label="Under the revision"
              searchable
              allowDeselect={false}
              data={optionsOf(revisions.filter(({ state }) => state === "finalised").toReversed())}
              value={revision_id}
              onChange={(id) => onUnder(id ?? undefined)}
            />
            <AddRepair rows={rows} onChange={setRows} group={filter} />
            <ActionButton
              variant="default"
              leftSection={<IconEye size={16} />}
              loading={preview.isPending}
              refused={unfinished}
              onClick={() => preview.mutate({ params, body: { ...asked, samples: PREVIEWED } })}
            >
              Preview
            </ActionButton>
            <ActionButton
              variant={tried === undefined ? "filled" : "default"}
              leftSection={<IconTestPipe size={16} />}
              loading={start.isPending && start.variables.body.dry_run === true}
              refused={refused !== false ? refused : unfinished}
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
          {tried?.valid === 0 && tried.matched > 0 && (
            <Text size="sm" role="note">
              None of these events fits “{nameOf(revision_id)}”. Add a repair, or fix a cause below in a new revision
              and choose that one.
            </Text>
          )}
          <FormFailure failure={failure === null ? null : failureFrom(failure)} />
        </Stack>
      </Paper>
      <Loaded query={redrives} failed="The redrives could not be loaded">
        {(all) => <Runs environment={environment} redrives={all} nameOf={nameOf} />}
      </Loaded>
      {isPreviewed && <Preview items={preview.data.items} />}
    </Stack>
  );
}

/** What a redrive changes is shown all over the page: it is read again once one ends. */
function useReadAgainAtTheEnd(redrives: Model<"Redrive">[] | undefined): void {
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
