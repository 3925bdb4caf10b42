import { Anchor, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconRefresh, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { Redrives } from "@/pages/environments/Redrives";
import { Samples } from "@/pages/environments/Samples";
import { counted } from "@/text/units";

type Group = Model<"QuarantineGroup">;

const FILTER_WIDTH = { base: "100%", xs: 200 };
const FROM = "/app/endpoints/$endpointId/environments/$environmentId/quarantine";

/** What an environment's revisions refused: by reason, with samples, and a way to send it again. */
export function Quarantine() {
  return <EnvironmentFrame title="Quarantine">{(environment) => <Kept environment={environment} />}</EnvironmentFrame>;
}

function Kept({ environment }: { environment: Model<"Environment"> }) {
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/quarantine" });
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const nameOf = (id: string) => revisions.data?.find((row) => row.id === id)?.name ?? id;
  const query = api.useQuery("get", "/v1/environments/{environment_id}/quarantine", {
    params: {
      path: { environment_id: environment.id },
      query: { ...search, code: search.code as Model<"Fault"> | undefined },
    },
  });
  const filter = (changed: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...changed }), replace: true });
  const isFiltered = Object.values(search).some(Boolean);
  const columns: Column<Group>[] = [
    {
      id: "pointer",
      title: "Field",
      kind: "name",
      render: (row) => (
        <Anchor
          component="button"
          type="button"
          ta="start"
          className="mono"
          onClick={() => filter({ code: row.code, pointer: row.pointer, revision: row.revision_id })}
        >
          {row.pointer === "" ? "the event" : row.pointer}
        </Anchor>
      ),
    },
    { id: "code", title: "Code", render: (row) => <span className="mono">{row.code}</span> },
    { id: "revision", title: "Revision", render: (row) => nameOf(row.revision_id) },
    { id: "count", title: "Events", kind: "number", render: (row) => <Amount value={row.count} /> },
    { id: "redriven", title: "Sent since", kind: "number", render: (row) => <Amount value={row.redriven} /> },
    { id: "first", title: "First seen", render: (row) => <RelativeTime at={row.first_seen} /> },
    { id: "last", title: "Last seen", render: (row) => <RelativeTime at={row.last_seen} /> },
  ];
  return (
    <Stack gap="lg">
      <Group align="flex-end" gap="sm">
        <Select
          label="Refused by"
          placeholder="Every revision"
          clearable
          searchable
          data={revisions.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={search.revision ?? null}
          onChange={(id) => filter({ revision: id ?? undefined })}
          w={FILTER_WIDTH}
        />
        <TextInput
          label="Code"
          placeholder="type_float"
          value={search.code ?? ""}
          onChange={(event) => filter({ code: event.currentTarget.value || undefined })}
          w={FILTER_WIDTH}
        />
        <TextInput
          label="Field"
          placeholder="/items/*/price"
          value={search.pointer ?? ""}
          onChange={(event) => filter({ pointer: event.currentTarget.value || undefined })}
          w={FILTER_WIDTH}
        />
        {isFiltered && (
          <Button
            variant="subtle"
            onClick={() =>
              filter({ code: undefined, pointer: undefined, revision: undefined, from: undefined, to: undefined })
            }
          >
            Show everything
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
        >
          Refresh
        </Button>
      </Group>
      <Loaded query={query} skeleton={<TableSkeleton />} failed="The quarantine could not be loaded">
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState
              icon={<IconShieldCheck size={40} />}
              title={isFiltered ? "Nothing like that" : "Nothing in quarantine"}
            >
              {isFiltered
                ? "No event in quarantine matches the filters."
                : environment.on_invalid === "quarantine"
                  ? "Every event of the last 30 days fitted its revision."
                  : "This environment refuses events that are not valid, and keeps none."}
            </EmptyState>
          ) : (
            <Stack gap="lg">
              <Text>
                {counted(page.events, "event")} in quarantine
                {page.redriven > 0 && `, ${counted(page.redriven, "event")} sent since`}.
              </Text>
              <DataTable
                label="Groups"
                columns={columns}
                rows={page.items}
                rowKey={(row) => `${row.revision_id} ${row.code} ${row.pointer}`}
              />
              <Samples samples={page.samples} />
            </Stack>
          )
        }
      </Loaded>
      <Redrives environment={environment} filter={search} revisions={revisions.data ?? []} />
    </Stack>
  );
}
