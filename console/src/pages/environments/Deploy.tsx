import { Alert, Badge, Group, Paper, Select, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconArrowBackUp, IconRocket } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { FormFailure } from "@/components/FormFailure";
import { TextLink } from "@/components/LinkButton";
import { LinesSkeleton, Loaded } from "@/components/Loaded";
import { optionsOf } from "@/components/options";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { Changes } from "@/pages/revisions/Changes";

type Environment = Model<"Environment">;

/** Points an environment at another revision, forwards or back, and shows what ran before. */
export function Deploy() {
  return (
    <EnvironmentFrame title="Deploy">
      {(environment) => (
        <Stack gap="xl">
          <Choose environment={environment} />
          <History environment={environment} />
        </Stack>
      )}
    </EnvironmentFrame>
  );
}

function useDeploy(environment: Environment, nameOf: (id: string) => string) {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/deploy" });
  return api.useMutation("post", "/v1/environments/{environment_id}/deployments", {
    meta: { showsFailures: true },
    onSuccess: ({ revision_id }) => {
      toasts.done(`“${nameOf(revision_id)}” runs in ${environment.name} within five seconds.`);
      // What was chosen before is done, or was just undone: it is not offered again.
      void navigate({ search: {}, replace: true });
    },
    onError: () => queries.invalidateQueries(), // what runs now may be another than the page shows
  });
}

function Choose({ environment }: { environment: Environment }) {
  const { revision } = useSearch({ from: "/app/endpoints/$endpointId/environments/$environmentId/deploy" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/deploy" });
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const [note, setNote] = useState("");
  const refused = useRefusal("editor");
  const nameOf = (id: string) => revisions.data?.find((row) => row.id === id)?.name ?? id;
  const deploy = useDeploy(environment, nameOf);
  const choices =
    revisions.data?.filter((row) => row.state === "finalised" && row.id !== environment.revision_id) ?? [];
  const chosen = choices.some(({ id }) => id === revision) ? revision : undefined;
  return (
    <Loaded query={revisions} skeleton={<LinesSkeleton />} failed="The revisions could not be loaded">
      {() => (
        <Stack>
          <UnsavedGuard unsaved={chosen !== undefined && note.trim() !== "" && !deploy.isPending} />
          <Text>
            Running: <strong>{nameOf(environment.revision_id)}</strong>, deployed{" "}
            <RelativeTime at={environment.deployed_at} />.
          </Text>
          {choices.length === 0 ? (
            <Alert color="blue" title="There is no other finalised revision">
              <TextLink
                to="/endpoints/$endpointId/revisions"
                params={{ endpointId: environment.endpoint_id }}
                underline="always"
              >
                Clone the running one
              </TextLink>
              , change it and finalise it; then it can be deployed here.
            </Alert>
          ) : (
            <Select
              label="Revision to deploy"
              placeholder="Choose a finalised revision"
              searchable
              maw={420}
              data={optionsOf(choices.toReversed())}
              value={chosen ?? null}
              onChange={(id) => void navigate({ search: { revision: id ?? undefined }, replace: true })}
            />
          )}
          {chosen !== undefined && (
            <>
              <Difference from={environment.revision_id} to={chosen} />
              <Textarea
                label="Note"
                description="Why, for those who read the history."
                autosize
                minRows={2}
                maxLength={1_000}
                maw={640}
                value={note}
                onChange={(event) => setNote(event.currentTarget.value)}
              />
              <FormFailure failure={deploy.isError ? failureFrom(deploy.error) : null} />
              <Group>
                <ActionButton
                  leftSection={<IconRocket size={16} />}
                  loading={deploy.isPending}
                  refused={refused}
                  onClick={() =>
                    deploy.mutate(
                      {
                        params: {
                          path: { environment_id: environment.id },
                          // The difference in sight is one to what ran then.
                          header: { "If-Match": `"${environment.version}"` },
                        },
                        body: { revision_id: chosen, note },
                      },
                      { onSuccess: () => setNote("") },
                    )
                  }
                >
                  Deploy {nameOf(chosen)}
                </ActionButton>
              </Group>
            </>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function Difference({ from, to }: { from: string; to: string }) {
  const diff = api.useQuery("get", "/v1/revisions/{revision_id}/diff/{other_id}", {
    params: { path: { revision_id: from, other_id: to } },
  });
  return (
    <Loaded query={diff} failed="The two could not be compared">
      {(found) => {
        if (found.class === "none") return <Text size="sm">The two mean the same.</Text>;
        return (
          <Stack gap="sm">
            {found.class === "breaking" ? (
              <Alert color="red" title="This breaks something">
                Some events that are accepted now would be refused, or a column changes. Look at what is marked.
              </Alert>
            ) : (
              <Text size="sm">Every event that is accepted now still will be.</Text>
            )}
            <Changes changes={found.changes} from={from} to={to} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function History({ environment }: { environment: Environment }) {
  const deployments = useQuery(lists.deployments(environment.id));
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const refused = useRefusal("editor");
  const nameOf = (id: string) => revisions.data?.find((row) => row.id === id)?.name ?? id;
  /** In the order in which revisions were made. */
  const placeOf = (id: string) => revisions.data?.findIndex((row) => row.id === id) ?? -1;
  const deploy = useDeploy(environment, nameOf);
  const columns: Column<Model<"Deployment">>[] = [
    { id: "revision", title: "Revision", kind: "name", render: (row) => nameOf(row.revision_id) },
    { id: "when", title: "When", render: (row) => <RelativeTime at={row.when} /> },
    { id: "who", title: "Who", render: (row) => row.who.name },
    { id: "note", title: "Note", render: (row) => row.note || "–" },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (row) => {
        if (row.id === deployments.data?.[0]?.id) {
          return (
            <Badge variant="light" color="pine">
              running
            </Badge>
          );
        }
        if (row.revision_id === environment.revision_id) return null;
        const isOlder = placeOf(row.revision_id) < placeOf(environment.revision_id);
        const name = nameOf(row.revision_id);
        return (
          <ActionButton
            size="xs"
            variant="default"
            leftSection={isOlder ? <IconArrowBackUp size={14} /> : <IconRocket size={14} />}
            refused={refused}
            loading={deploy.isPending && deploy.variables.body.revision_id === row.revision_id}
            onClick={() =>
              deploy.mutate({
                params: { path: { environment_id: environment.id } },
                body: { revision_id: row.revision_id, note: isOlder ? `Back to ${name}` : `${name} again` },
              })
            }
          >
            {isOlder ? `Roll back to ${name}` : `Deploy ${name} again`}
          </ActionButton>
        );
      },
    },
  ];
  return (
    <Stack gap="sm" id="history" component="section" aria-label="History">
      <Title order={3}>History</Title>
      <FormFailure failure={deploy.isError ? failureFrom(deploy.error) : null} />
      <Loaded query={deployments} skeleton={<TableSkeleton />} failed="The history could not be loaded">
        {(rows) =>
          rows.length === 0 ? (
            <Paper>Nothing yet.</Paper>
          ) : (
            <DataTable label="Deployments" columns={columns} rows={rows} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
    </Stack>
  );
}
