import { Button, Center, Select, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api, client } from "@/api/client";
import { lists } from "@/api/pages";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { DayFields } from "@/components/DayFields";
import { EmptyState } from "@/components/EmptyState";
import { FoldedFilters } from "@/components/FoldedFilters";
import { Failed } from "@/components/Failed";
import { optionsOf } from "@/components/options";
import { Section } from "@/components/Page";
import { RelativeTime } from "@/components/RelativeTime";
import { AuditChange } from "@/pages/organisation/AuditChange";
import { AuditSentence } from "@/pages/organisation/AuditSentence";
import { auditCsv } from "@/pages/organisation/audit_csv";
import { actionChoices, knownFrom, type Entry, type Known } from "@/pages/organisation/audit_words";
import type { AuditSearch } from "@/pages/organisation/search";
import { download } from "@/pages/overview/csv";
import { useTyped } from "@/state/typed";
import { wholeDays } from "@/time/periods";

const PAGE = 50;
const CHOICES = actionChoices();

/** Who changed what, when, from where; what was before and after on a click. */
export function Audit() {
  const search = useSearch({ from: "/app/organisation/audit" });
  const navigate = useNavigate({ from: "/organisation/audit" });
  const [shown, setShown] = useState<Entry | null>(null);
  const members = useQuery(lists.members());
  const organisation = api.useQuery("get", "/v1/organisation");
  const people = members.data?.map(({ id, email }) => ({ id, name: email })) ?? [];
  const filter = filterOf(search);
  const query = useInfiniteQuery({
    queryKey: ["audit", filter],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const { data, error } = await client.GET("/v1/audit", {
        params: { query: { ...filter, limit: PAGE, cursor: pageParam } },
        signal,
      });
      if (data === undefined) throw error;
      return data;
    },
    getNextPageParam: (page) => page.next,
  });
  const set = (part: AuditSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const entries = query.data?.pages.flatMap((page) => page.items);
  const known = knownFrom(entries ?? [], organisation.data === undefined ? people : [...people, organisation.data]);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Section tab title="Audit log" lead="Every change, newest first. Secrets are not in it.">
      <FoldedFilters
        set={Object.keys(filter).length}
        beside={
          <>
            {isFiltered && (
              <Button variant="subtle" color="gray" onClick={() => void navigate({ search: {} })}>
                Show all
              </Button>
            )}
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              disabled={entries === undefined || entries.length === 0}
              onClick={() => {
                if (entries !== undefined) download("audit-log.csv", auditCsv(entries, known));
              }}
            >
              CSV
            </Button>
          </>
        }
      >
        <Select
          label="Who"
          placeholder="Anyone"
          clearable
          searchable
          data={optionsOf(people)}
          value={search.actor ?? null}
          onChange={(actor) => set({ actor: actor ?? undefined })}
          w={{ base: "100%", xs: 220 }}
          clearButtonProps={{ "aria-label": "Anyone" }}
        />
        <Select
          label="What"
          placeholder="Anything"
          clearable
          searchable
          data={CHOICES}
          value={search.action ?? null}
          onChange={(action) => set({ action: action ?? undefined })}
          w={{ base: "100%", xs: 220 }}
          clearButtonProps={{ "aria-label": "Anything" }}
        />
        <TextInput
          label="Id of what was changed"
          placeholder="ep_…, rev_…, env_…"
          {...useTyped(search.subject ?? "", (subject) => set({ subject: subject || undefined }))}
          w={{ base: "100%", xs: 240 }}
        />
        <DayFields days={search} onChange={set} />
      </FoldedFilters>
      {query.isError && (
        <Failed error={query.error} title="The log could not be loaded" onRetry={() => void query.refetch()} />
      )}
      {entries === undefined && !query.isError && <TableSkeleton />}
      {entries?.length === 0 && (
        <EmptyState title="Nothing was changed">
          {isFiltered ? "Nothing that these filters let through." : "Changes are listed here from the first one on."}
        </EmptyState>
      )}
      {entries !== undefined && entries.length > 0 && (
        <DataTable
          label="Audit log"
          phone="list"
          columns={columnsOf(known, setShown)}
          rows={entries}
          rowKey={(entry) => entry.id}
        />
      )}
      {query.hasNextPage && (
        <Center>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        </Center>
      )}
      <AuditChange entry={shown} onClose={() => setShown(null)} />
    </Section>
  );
}

function columnsOf(known: Known, onShow: (entry: Entry) => void): Column<Entry>[] {
  return [
    { id: "at", title: "When", render: (entry) => <RelativeTime at={entry.at} /> },
    {
      id: "what",
      title: "What",
      kind: "name",
      onPhone: "line",
      render: (entry) => <AuditSentence entry={entry} known={known} />,
    },
    {
      id: "address",
      title: "From",
      before: "from",
      render: (entry) => <span className="mono">{entry.source_ip}</span>,
    },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      onPhone: "end",
      render: (entry) => (
        <Button
          variant="subtle"
          size="compact-sm"
          px={6}
          onClick={() => onShow(entry)}
          aria-label={`Before and after of ${entry.action} ${entry.subject.id}`}
        >
          Before and after
        </Button>
      ),
    },
  ];
}

/** What of the address the API can be asked; days are whole ones of UTC. */
function filterOf({ actor, subject, action, from, to }: AuditSearch) {
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(subject === undefined ? {} : { subject }),
    ...(action === undefined ? {} : { action }),
    ...wholeDays({ from, to }),
  };
}
