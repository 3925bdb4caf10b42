import { Grid, Group, Paper, SegmentedControl, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";

import type { Model } from "@/api/types";
import { exactCount } from "@/text/units";
import { sliceLabel } from "@/time/periods";

const PeriodChart = lazy(() => import("@/components/PeriodChart"));

/** Requests and bytes by slice, drawn or as a table. */
export function Charts({ usage }: { usage: Model<"Usage"> }) {
  const { view } = useSearch({ from: "/app/endpoints/$endpointId/" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/" });
  return (
    <Paper>
      <Stack>
        <Group justify="space-between">
          <Title order={3}>Requests and bytes by {usage.slice}</Title>
          <SegmentedControl
            size="xs"
            aria-label="Chart or table"
            value={view ?? "chart"}
            onChange={(value) =>
              void navigate({
                search: (old) => ({ ...old, view: value === "table" ? "table" : undefined }),
                replace: true,
              })
            }
            data={[
              { value: "chart", label: "Chart" },
              { value: "table", label: "Table" },
            ]}
          />
        </Group>
        {view === "table" ? <AsTable usage={usage} /> : <Drawn usage={usage} />}
      </Stack>
    </Paper>
  );
}

function Drawn({ usage }: { usage: Model<"Usage"> }) {
  const { requests, bytes } = useMemo(() => {
    const points = (metric: "requests" | "bytes") =>
      usage.series.map((row) => ({ at: Date.parse(row.at), value: row[metric] ?? 0 }));
    return { requests: points("requests"), bytes: points("bytes") };
  }, [usage]);
  return (
    <Suspense fallback={<Skeleton height={220} />}>
      <Grid>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Text size="sm" c="dimmed" mb={4}>
            Requests
          </Text>
          <PeriodChart label="Requests" points={requests} slice={usage.slice} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Text size="sm" c="dimmed" mb={4}>
            Bytes
          </Text>
          <PeriodChart label="Bytes" points={bytes} slice={usage.slice} unit="bytes" color="--chart-bytes" />
        </Grid.Col>
      </Grid>
    </Suspense>
  );
}

const OUTCOMES = ["accepted", "rejected", "delivered"] as const;

function AsTable({ usage }: { usage: Model<"Usage"> }) {
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
          {usage.series.toReversed().map((row) => (
            <Table.Tr key={row.at}>
              <Table.Td>{sliceLabel(Date.parse(row.at), usage.slice)}</Table.Td>
              <Table.Td ta="end">{exactCount(row.requests ?? 0)}</Table.Td>
              <Table.Td ta="end">{exactCount(row.bytes ?? 0)}</Table.Td>
              {OUTCOMES.map((metric) => (
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
