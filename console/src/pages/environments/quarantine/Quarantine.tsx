import { Grid, Stack, Text } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";

import { api } from "@/api/client";
import { FAULTS } from "@/api/fault_codes";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { TableSkeleton } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { Groups } from "@/pages/environments/quarantine/Groups";
import { OneEvent } from "@/pages/environments/quarantine/OneEvent";
import { QuarantineFilters } from "@/pages/environments/quarantine/QuarantineFilters";
import { Redrive } from "@/pages/environments/quarantine/Redrive";
import { Samples } from "@/pages/environments/quarantine/Samples";
import { CloneRevision } from "@/pages/revisions/CloneRevision";
import { canBeField } from "@/pages/revisions/unknown_field";
import { oneOf } from "@/state/search";
import { counted, exactCount } from "@/text/units";
import { useNow } from "@/time/now";
import { wholeDays } from "@/time/periods";

type Group = Model<"QuarantineGroup">;

const MOST_GROUPS = 200; // of the API, in one answer
const FROM = "/app/endpoints/$endpointId/environments/$environmentId/quarantine";

/** What an environment's revisions refused, as work to be done: reasons first, samples beside them, redrives on top. */
export function Quarantine() {
  return <EnvironmentFrame title="Quarantine">{(environment) => <Kept environment={environment} />}</EnvironmentFrame>;
}

function Kept({ environment }: { environment: Model<"Environment"> }) {
  const search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/environments/$environmentId/quarantine" });
  const revisions = useQuery(lists.revisions(environment.endpoint_id));
  const nameOf = (id: string) => revisions.data?.find((row) => row.id === id)?.name ?? id;
  const { under, event, ...asked } = search;
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
  const only = ({ code, pointer, revision_id }: Group) =>
    filter({ code: oneOf(code, FAULTS), pointer, revision: revision_id });
  const isFiltered = Object.values(asked).some(Boolean);
  const hasReason = Object.values(reason).some(Boolean);
  const redriveRef = useRef<HTMLDivElement>(null);
  const [fixed, setFixed] = useState<Group | null>(null);
  return (
    <Stack gap="lg">
      {event !== undefined && (
        <OneEvent environmentId={environment.id} eventId={event} onClose={() => filter({ event: undefined })} />
      )}
      <QuarantineFilters
        asked={asked}
        revisions={revisions.data ?? []}
        onChange={filter}
        busy={query.isFetching}
        onRefresh={() => void query.refetch()}
      />
      {!isReversed && (
        <Redrive
          environment={environment}
          filter={wanted}
          keptFrom={query.data?.from}
          under={under}
          onUnder={(id) => filter({ under: id })}
          revisions={revisions.data ?? []}
          sectionRef={redriveRef}
        />
      )}
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
              <Stack gap="sm">
                <Text>
                  {inQuarantine(page, hasReason)}
                  {page.redriven > 0 && ` ${counted(page.redriven, "event")} sent since.`}
                </Text>
                <Grid gap="lg">
                  <Grid.Col span={{ base: 12, md: 6 }}>
                    <Groups
                      page={page}
                      nameOf={nameOf}
                      onView={only}
                      onFix={setFixed}
                      onRedrive={(group) => {
                        only(group);
                        redriveRef.current?.focus();
                      }}
                    />
                    {page.next !== null && (
                      <Text size="sm" c="dimmed" mt="sm">
                        These are the {MOST_GROUPS} most frequent reasons. Filters lead to the others.
                      </Text>
                    )}
                  </Grid.Col>
                  <Grid.Col span={{ base: 12, md: 6 }}>
                    <Samples
                      key={JSON.stringify(wanted)}
                      environmentId={environment.id}
                      filter={wanted}
                      samples={page.samples}
                      matching={matching(page, hasReason)}
                    />
                  </Grid.Col>
                </Grid>
              </Stack>
            )
          }
        </Loaded>
      )}
      <CloneRevision
        revision={revisions.data?.find(({ id }) => id === fixed?.revision_id) ?? null}
        onClose={() => setFixed(null)}
        onCloned={({ id }) => {
          if (fixed === null) return;
          void navigate({
            to: "/endpoints/$endpointId/revisions/$revisionId",
            params: { endpointId: environment.endpoint_id, revisionId: id },
            search: placeOf(fixed),
          });
        }}
      />
    </Stack>
  );
}

/** Where the designer begins: at the field of a fault, or with the field that an unknown key has none of. */
function placeOf({ code, pointer }: Group): { add: string } | { field: string } | Record<string, never> {
  if (pointer === "") return {};
  if (code !== "unknown_key") return { field: pointer };
  return canBeField(pointer) ? { add: pointer } : {};
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
