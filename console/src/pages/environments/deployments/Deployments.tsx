import { Alert, Badge, Group, Select, Stack, Text, Title } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { TextLink } from "@/components/LinkButton";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { Nothing } from "@/components/Nothing";
import { optionsOf } from "@/components/options";
import { RelativeTime } from "@/components/RelativeTime";
import { abortedAutomatically, inForce, runningCanary } from "@/pages/environments/deployments/canary";
import { isOlder, offeredAgain, otherRevisions } from "@/pages/environments/deployments/deployable";
import { DeployElsewhere } from "@/pages/environments/deployments/DeployElsewhere";
import { DeployForm } from "@/pages/environments/deployments/DeployForm";
import { RunningCanary } from "@/pages/environments/deployments/RunningCanary";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";

type Environment = Model<"Environment">;

const CANARY_POLL_MS = 5_000;

/** Points an environment at another revision, forwards or back, and shows what ran before. */
export function Deployments() {
  return (
    <EnvironmentFrame title="Deployments">{(environment) => <Deploying environment={environment} />}</EnvironmentFrame>
  );
}

function Deploying({ environment }: { environment: Environment }) {
  const { revision } = useSearch({ from: "/app/endpoints/$endpointId/environments/$environmentId/deployments" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/deployments" });
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const deployments = useQuery({
    ...lists.deployments(environment.id),
    refetchInterval: ({ state }) => (runningCanary(state.data) === undefined ? false : CANARY_POLL_MS),
  });
  const chooser = useRef<HTMLInputElement>(null);
  const canary = runningCanary(deployments.data);
  const choose = (id: string | undefined) =>
    void navigate({ search: { revision: id }, replace: true, resetScroll: false });
  return (
    <Loaded query={revisions} skeleton={<LinesSkeleton />} failed="The revisions could not be loaded">
      {(all) => (
        <Stack gap="xl">
          {canary === undefined ? (
            <>
              <WhyAborted history={deployments.data ?? []} revisions={all} />
              <Choose environment={environment} revisions={all} chosen={revision} onChoose={choose} input={chooser} />
            </>
          ) : (
            <RunningCanary environment={environment} deployment={canary} nameOf={(id) => nameIn(all, id)} />
          )}
          <History
            environment={environment}
            revisions={all}
            deployments={deployments}
            onChoose={(id) => {
              choose(id);
              chooser.current?.focus();
            }}
          />
        </Stack>
      )}
    </Loaded>
  );
}

function nameIn(revisions: Model<"Revision">[], id: string): string {
  return revisions.find((row) => row.id === id)?.name ?? id;
}

/** Why the last canary was aborted, where nobody did that. */
function WhyAborted({ history, revisions }: { history: Model<"Deployment">[]; revisions: Model<"Revision">[] }) {
  const reason = abortedAutomatically(history);
  const [last] = history;
  if (reason === null || last === undefined) return null;
  return (
    <Alert color="yellow" title={`The canary of ${nameIn(revisions, last.revision_id)} was aborted automatically`}>
      Reason: {reason}.
    </Alert>
  );
}

interface ChooseProps {
  environment: Environment;
  revisions: Model<"Revision">[];
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
  input: React.Ref<HTMLInputElement>;
}

function Choose({ environment, revisions, chosen, onChoose, input }: ChooseProps) {
  const choices = otherRevisions(revisions, environment.revision_id);
  const revision = choices.find(({ id }) => id === chosen);
  return (
    <Stack>
      {choices.length === 0 ? (
        <Alert color="blue" title="There is no other finalised revision">
          <TextLink
            to="/endpoints/$endpointId/revisions/$revisionId"
            params={{ endpointId: environment.endpoint_id, revisionId: environment.revision_id }}
            underline="always"
          >
            Clone the running revision
          </TextLink>
          , change it and finalise it to deploy it here.
        </Alert>
      ) : (
        <Select
          ref={input}
          label="Revision to deploy"
          placeholder="Choose a finalised revision"
          searchable
          maw={420}
          data={optionsOf(choices)}
          value={revision?.id ?? null}
          onChange={(id) => onChoose(id ?? undefined)}
        />
      )}
      {revision !== undefined && (
        <DeployForm
          environment={environment}
          revision={revision}
          isOlder={isOlder(revisions, revision.id, environment.revision_id)}
          // What was chosen before is done, or was just undone: it is not offered again.
          onDeployed={() => onChoose(undefined)}
        />
      )}
    </Stack>
  );
}

interface HistoryProps {
  environment: Environment;
  revisions: Model<"Revision">[];
  deployments: UseQueryResult<Model<"Deployment">[]>;
  onChoose: (id: string) => void;
}

function History({ environment, revisions, deployments, onChoose }: HistoryProps) {
  const refusedByRole = useRefusal("editor");
  const hasCanary = runningCanary(deployments.data) !== undefined;
  const refused = refusedByRole !== false ? refusedByRole : hasCanary && "Promote or abort the canary first.";
  const nameOf = (id: string) => nameIn(revisions, id);
  const [promoted, setPromoted] = useState<Model<"Revision"> | null>(null);
  const latest = inForce(deployments.data ?? [])?.id;
  const running = revisions.find(({ id }) => id === environment.revision_id);
  const offered = offeredAgain(deployments.data ?? []);
  const columns: Column<Model<"Deployment">>[] = [
    { id: "revision", title: "Revision", kind: "name", render: (row) => nameOf(row.revision_id) },
    { id: "when", title: "When", render: (row) => <RelativeTime at={row.when} /> },
    { id: "who", title: "Who", render: (row) => row.who.name },
    { id: "note", title: "Note", onPhone: "line", render: (row) => <Note deployment={row} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: (row) => {
        if (row.id === latest) {
          return (
            <Badge variant="light" color="pine">
              Running
            </Badge>
          );
        }
        if (row.canary?.state === "running") {
          return (
            <Badge variant="light" color="grape">
              Canary {row.canary.share} %
            </Badge>
          );
        }
        if (!offered.has(row.id)) return null;
        const goesBack = isOlder(revisions, row.revision_id, environment.revision_id);
        const name = nameOf(row.revision_id);
        return (
          <ActionButton
            size="xs"
            variant="default"
            leftSection={goesBack ? <IconArrowBackUp size={14} /> : <IconRocket size={14} />}
            refused={refused}
            onClick={() => onChoose(row.revision_id)}
          >
            {goesBack ? `Roll back to ${name}…` : `Deploy ${name} again…`}
          </ActionButton>
        );
      },
    },
  ];
  return (
    <Stack gap="sm" id="history" component="section" aria-label="History">
      <Group justify="space-between" gap="sm">
        <Title order={3}>History</Title>
        {running !== undefined && (
          <ActionButton
            variant="default"
            size="xs"
            leftSection={<IconRocket size={14} />}
            onClick={() => setPromoted(running)}
          >
            Deploy {running.name} to another environment…
          </ActionButton>
        )}
      </Group>
      <Loaded query={deployments} skeleton={<TableSkeleton />} failed="The history could not be loaded">
        {(rows) => <DataTable label="Deployments" phone="list" columns={columns} rows={rows} rowKey={({ id }) => id} />}
      </Loaded>
      <DeployElsewhere revision={promoted} onClose={() => setPromoted(null)} />
    </Stack>
  );
}

/** What the person wrote with it, and how a canary has ended. */
function Note({ deployment: { note, canary } }: { deployment: Model<"Deployment"> }) {
  const end = canary === null || canary.state === "running" ? null : endOf(canary);
  if (note === "" && end === null) return <Nothing />;
  return (
    <Stack gap={0}>
      {note !== "" && <Text size="sm">{note}</Text>}
      {end !== null && (
        <Text size="xs" c="dimmed">
          {end}
        </Text>
      )}
    </Stack>
  );
}

function endOf({ share, state, reason, ended_by }: Model<"DeploymentCanary">): string {
  if (reason !== null) return `Canary ${share} %, ${state} ${reason.replace(/^automatic:/, "automatically:")}`;
  return `Canary ${share} %, ${state}${ended_by === null ? "" : `, by ${ended_by.name}`}`;
}
