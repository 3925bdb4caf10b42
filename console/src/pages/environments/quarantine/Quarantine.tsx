import { Anchor, Stack, Text } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { FAULTS } from "@/api/codes";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { QuarantineFilters } from "@/pages/environments/quarantine/QuarantineFilters";
import { Redrives } from "@/pages/environments/quarantine/Redrives";
import { Samples } from "@/pages/environments/quarantine/Samples";
import { oneOf } from "@/state/search";
import { visible } from "@/text/laid_out";
import { counted, exactCount } from "@/text/units";
import { useNow } from "@/time/now";
import { wholeDays } from "@/time/periods";

type Group = Model<"QuarantineGroup">;

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
  // Totals are of the days and the name that are asked for, whatever the reason.
  const { from, to, event_name, ...reason } = asked;
  const wanted = { ...reason, event_name, ...wholeDays({ from, to }) };
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
          {row.pointer === "" ? "the event" : visible(row.pointer)}
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
      <QuarantineFilters
        asked={asked}
        revisions={revisions.data ?? []}
        onChange={filter}
        busy={query.isFetching}
        onRefresh={() => void query.refetch()}
      />
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
                    ? "Every event fitted its revision, as far back as quarantine keeps any."
                    : "This environment refuses events that are not valid, and keeps none."}
              </EmptyState>
            ) : (
              <Stack gap="lg">
                <Text>
                  {inQuarantine(page, Object.values(reason).some(Boolean))}
                  {page.redriven > 0 && ` ${counted(page.redriven, "event")} sent since.`}
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
                  matching={matching(page, Object.values(reason).some(Boolean))}
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

/** How many events the filters name, between two bounds: one with several faults is in several groups. */
function matching(page: Model<"QuarantinePage">, isFiltered: boolean): { least: number; most: number } {
  if (!isFiltered) return { least: page.events, most: page.events };
  const counts = page.items.map(({ count }) => count);
  const sum = counts.reduce((total, count) => total + count, 0);
  return { least: Math.max(0, ...counts), most: page.next === null ? sum : page.events };
}

function inQuarantine(page: Model<"QuarantinePage">, isFiltered: boolean): string {
  const { least, most } = matching(page, isFiltered);
  if (!isFiltered) return `${counted(page.events, "event")} in quarantine.`;
  return least === most
    ? `${exactCount(least)} of ${counted(page.events, "quarantined event")} ${least === 1 ? "matches" : "match"} these filters.`
    : `The groups match these filters. In all, ${counted(page.events, "event")} ${page.events === 1 ? "is" : "are"} in quarantine.`;
}
