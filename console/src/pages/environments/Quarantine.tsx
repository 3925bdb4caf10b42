import { Anchor, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconShieldCheck } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { FAULTS } from "@/api/codes";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { DayFields } from "@/components/DayFields";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { Refresh } from "@/components/Refresh";
import { RelativeTime } from "@/components/RelativeTime";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { Redrives } from "@/pages/environments/Redrives";
import { Samples } from "@/pages/environments/Samples";
import { oneOf } from "@/state/search";
import { counted } from "@/text/units";
import { useNow } from "@/time/now";
import { wholeDays } from "@/time/periods";

type Group = Model<"QuarantineGroup">;

const TYPING_MS = 400;
const FILTER_WIDTH = { base: "100%", xs: 200 };
const MOST_GROUPS = 200; // of the API, in one answer
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
  const { under, ...asked } = search;
  const today = new Date(useNow()).toISOString().slice(0, 10);
  const isReversed = asked.from !== undefined && asked.from > (asked.to ?? today);
  const { from, to, ...reason } = asked;
  const wanted = { ...reason, ...wholeDays({ from, to }) };
  const query = api.useQuery(
    "get",
    "/v1/environments/{environment_id}/quarantine",
    { params: { path: { environment_id: environment.id }, query: { ...wanted, limit: MOST_GROUPS } } },
    { enabled: !isReversed, placeholderData: keepPreviousData },
  );
  const filter = (changed: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...changed }), replace: true });
  const isFiltered = Object.values(asked).some(Boolean);
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
          onClick={() => filter({ code: oneOf(row.code, FAULTS), pointer: row.pointer, revision: row.revision_id })}
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
        <Select
          label="Code"
          placeholder="Every code"
          clearable
          searchable
          data={FAULTS}
          value={search.code ?? null}
          onChange={(code) => filter({ code: oneOf(code, FAULTS) })}
          w={FILTER_WIDTH}
          clearButtonProps={{ "aria-label": "Every code" }}
        />
        <Pointer value={search.pointer ?? ""} onChange={(pointer) => filter({ pointer: pointer || undefined })} />
        <DayFields days={asked} onChange={filter} />
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
        <Refresh busy={query.isFetching} onClick={() => void query.refetch()} />
      </Group>
      {isReversed ? (
        <EmptyState title="No days">The first day has to come before the last, and may not lie ahead.</EmptyState>
      ) : (
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
                {page.next !== null && (
                  <Text size="sm" c="dimmed">
                    These are the {MOST_GROUPS} most frequent reasons. Filters lead to the others.
                  </Text>
                )}
                <Samples
                  key={JSON.stringify(wanted)}
                  environmentId={environment.id}
                  filter={wanted}
                  samples={page.samples}
                />
              </Stack>
            )
          }
        </Loaded>
      )}
      {!isReversed && (
        <Redrives
          environment={environment}
          filter={wanted}
          keptFrom={query.data?.from}
          under={under}
          onUnder={(id) => filter({ under: id })}
          revisions={revisions.data ?? []}
        />
      )}
    </Stack>
  );
}

/** A field's pointer, asked for once the typing has paused. */
function Pointer({ value, onChange }: { value: string; onChange: (pointer: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [asked, setAsked] = useState(value);
  const ask = useDebouncedCallback(onChange, TYPING_MS);
  if (value !== asked) {
    setAsked(value);
    if (value !== typed.trim()) setTyped(value); // the address was changed by something else
  }
  return (
    <TextInput
      label="Field"
      placeholder="/items/*/price"
      maxLength={256}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        ask(event.currentTarget.value.trim());
      }}
      w={FILTER_WIDTH}
    />
  );
}
