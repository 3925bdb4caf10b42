import { Button, Group, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { optionsOf } from "@/components/options";
import { csvFrom, download } from "@/pages/overview/csv";
import type { OverviewSearch } from "@/pages/overview/search";
import { useTyped } from "@/state/typed";
import { PERIOD_LABELS, PERIODS, type PeriodName } from "@/time/periods";

const CHOICES = PERIODS.map((value) => ({ value, label: PERIOD_LABELS[value] }));

/** Period, environment and revision, all of them in the address; and what is shown as a file. */
export function Filters({ endpointId, usage }: { endpointId: string; usage: Model<"Usage"> | undefined }) {
  const search = useSearch({ from: "/app/endpoints/$endpointId/" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/" });
  const isNarrow = useMediaQuery("(max-width: 62em)");
  const environments = useQuery(lists.environments(endpointId));
  const revisions = useQuery(lists.revisions(endpointId));
  const set = (part: OverviewSearch) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const period = search.period ?? "30d";
  const setPeriod = (value: PeriodName | null) =>
    set({
      period: value === null || value === "30d" ? undefined : value,
      ...(value === "custom" ? {} : { from: undefined, to: undefined }),
    });
  return (
    <Group gap="sm">
      {isNarrow ? (
        <Select
          aria-label="Period"
          data={CHOICES}
          value={period}
          onChange={(value) => setPeriod(value)}
          allowDeselect={false}
          w={{ base: "100%", xs: 180 }}
        />
      ) : (
        <SegmentedControl aria-label="Period" size="sm" data={CHOICES} value={period} onChange={setPeriod} />
      )}
      {period === "custom" && (
        <>
          <Day label="First day" value={search.from} onChange={(from) => set({ from })} />
          <Day label="Last day" value={search.to} onChange={(to) => set({ to })} />
        </>
      )}
      <Select
        aria-label="Environment"
        placeholder="All environments"
        clearable
        data={optionsOf(environments.data)}
        value={search.environment ?? null}
        onChange={(environment) => set({ environment: environment ?? undefined })}
        w={{ base: "calc(50% - 6px)", xs: 180 }}
        clearButtonProps={{ "aria-label": "All environments" }}
      />
      <Select
        aria-label="Revision"
        placeholder="All revisions"
        clearable
        data={optionsOf(revisions.data)}
        value={search.revision ?? null}
        onChange={(revision) => set({ revision: revision ?? undefined })}
        w={{ base: "calc(50% - 6px)", xs: 180 }}
        clearButtonProps={{ "aria-label": "All revisions" }}
      />
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        disabled={usage === undefined}
        onClick={() => {
          if (usage !== undefined) download(`usage-${endpointId}-${usage.from.slice(0, 10)}.csv`, csvFrom(usage));
        }}
      >
        CSV
      </Button>
    </Group>
  );
}

function Day({ label, value, onChange }: { label: string; value?: string; onChange: (value?: string) => void }) {
  return (
    <TextInput
      type="date"
      aria-label={label}
      {...useTyped(value ?? "", (day) => onChange(day || undefined))}
      w={{ base: "48%", xs: 150 }}
    />
  );
}
