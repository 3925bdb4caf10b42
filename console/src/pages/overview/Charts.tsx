import { Group, Paper, SegmentedControl, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";

import type { Model } from "@/api/types";
import { TextLink } from "@/components/LinkButton";
import { OUTCOMES } from "@/pages/overview/outcome_kinds";
import type { Marker } from "@/pages/overview/use_markers";
import { counted, exactCount } from "@/text/units";
import { useNow } from "@/time/now";
import { isOver, sliceLabel, type SliceName } from "@/time/periods";

const PeriodChart = lazy(() => import("@/components/PeriodChart"));

const VIEWS = [
  { value: "events", label: "Events" },
  { value: "requests", label: "Requests" },
  { value: "bytes", label: "Bytes" },
  { value: "table", label: "Table" },
] as const;

const CHART_HEIGHT = 220;

interface Props {
  usage: Model<"Usage">;
  markers: readonly Marker[];
  endpointId: string;
}

/** Events by outcome, requests or bytes by slice, drawn or as a table. */
export function Charts({ usage, markers, endpointId }: Props) {
  const { view = "events" } = useSearch({ from: "/app/endpoints/$endpointId/" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/" });
  const title = VIEWS.find(({ value }) => value === view)?.label ?? "";
  return (
    <Paper>
      <Stack>
        <Group justify="space-between">
          <Title order={3}>{view === "table" ? `Usage by ${usage.slice}` : `${title} by ${usage.slice}`}</Title>
          <SegmentedControl
            size="xs"
            aria-label="What is drawn"
            value={view}
            onChange={(value) =>
              void navigate({
                search: (old) => ({ ...old, view: value === "events" ? undefined : value }),
                replace: true,
              })
            }
            data={[...VIEWS]}
          />
        </Group>
        {view === "table" ? <AsTable usage={usage} /> : <Drawn usage={usage} view={view} markers={markers} />}
        {markers.length > 0 && <Deployments markers={markers} slice={usage.slice} endpointId={endpointId} />}
      </Stack>
    </Paper>
  );
}

type View = (typeof VIEWS)[number]["value"];

interface DrawnProps extends Pick<Props, "usage" | "markers"> {
  view: Exclude<View, "table">;
}

function Drawn({ usage, view, markers }: DrawnProps) {
  const { starts, layers } = useMemo(() => {
    const values = (count: (row: Model<"UsageCounts">) => number) => usage.series.map(count);
    const all = {
      events: OUTCOMES.map(({ label, color, count }) => ({ label, color, values: values(count) })),
      requests: [{ label: "Requests", color: "--chart-requests", values: values(({ requests = 0 }) => requests) }],
      bytes: [{ label: "Bytes", color: "--chart-bytes", values: values(({ bytes = 0 }) => bytes) }],
    };
    return { starts: usage.series.map((row) => Date.parse(row.at)), layers: all[view] };
  }, [usage, view]);
  const unfinished = useUnfinished(usage);
  return (
    <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
      <PeriodChart
        label={VIEWS.find(({ value }) => value === view)?.label ?? ""}
        starts={starts}
        layers={layers}
        markers={markers}
        slice={usage.slice}
        height={CHART_HEIGHT}
        unfinished={unfinished}
        unit={view === "bytes" ? "bytes" : "count"}
      />
    </Suspense>
  );
}

/** Whether the last slice is not over. */
function useUnfinished({ series, slice }: Model<"Usage">): boolean {
  const now = useNow();
  const last = series.at(-1);
  return last !== undefined && !isOver(Date.parse(last.at), slice, now);
}

const MOST_LISTED = 6;

/** What the chart's marks stand for, as text. */
function Deployments({
  markers,
  slice,
  endpointId,
}: {
  markers: readonly Marker[];
  slice: SliceName;
  endpointId: string;
}) {
  const listed = markers.slice(-MOST_LISTED).toReversed();
  const more = markers.length - listed.length;
  return (
    <Group gap="xs" align="baseline" component="section" aria-label="Deployments">
      <Text size="xs" c="dimmed">
        <span aria-hidden>▾ </span>Deployments:
      </Text>
      {listed.map(({ id, at, label, environmentId }) => (
        <TextLink
          key={id}
          size="xs"
          to="/endpoints/$endpointId/environments/$environmentId/deployments"
          params={{ endpointId, environmentId }}
        >
          {sliceLabel(at, slice === "month" ? "day" : slice)}: {label}
        </TextLink>
      ))}
      {more > 0 && (
        <Text size="xs" c="dimmed">
          and {counted(more, "older one")}
        </Text>
      )}
    </Group>
  );
}

const COLUMNS = ["accepted", "rejected", "delivered"] as const;

function AsTable({ usage }: { usage: Model<"Usage"> }) {
  const unfinished = useUnfinished(usage);
  return (
    <Table.ScrollContainer
      minWidth={560}
      mah={420}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": "Usage by slice", role: "region" } }}
    >
      <Table stickyHeader aria-label="Usage by slice" style={{ whiteSpace: "nowrap" }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>From (UTC)</Table.Th>
            <Table.Th ta="end">Requests</Table.Th>
            <Table.Th ta="end">Bytes</Table.Th>
            <Table.Th ta="end">Accepted</Table.Th>
            <Table.Th ta="end">Refused</Table.Th>
            <Table.Th ta="end">Delivered</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {usage.series.toReversed().map((row, index) => (
            <Table.Tr key={row.at}>
              <Table.Td>
                {sliceLabel(Date.parse(row.at), usage.slice)}
                {unfinished && index === 0 && (
                  <Text span inherit c="dimmed">
                    {" "}
                    so far
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="end">{exactCount(row.requests ?? 0)}</Table.Td>
              <Table.Td ta="end">{exactCount(row.bytes ?? 0)}</Table.Td>
              {COLUMNS.map((metric) => (
                <Table.Td key={metric} ta="end">
                  {exactCount(row[metric] ?? 0)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
