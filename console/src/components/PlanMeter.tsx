import { Group, Paper, Progress, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";

import type { Model } from "@/api/types";
import { useNow } from "@/time/now";
import { projected } from "@/time/projection";
import { exactBytes, exactCount, humanBytes, humanCount, percent } from "@/text/units";

type Limits = Model<"Limits">;

interface Kind {
  key: keyof Limits;
  label: string;
  unit: "count" | "bytes";
  /** Whether it begins anew with each month. */
  monthly?: boolean;
}

const METERS: Kind[] = [
  { key: "requests", label: "Requests this month", unit: "count", monthly: true },
  { key: "bytes", label: "Bytes this month", unit: "bytes", monthly: true },
  { key: "endpoints", label: "Endpoints", unit: "count" },
  { key: "environments", label: "Environments", unit: "count" },
  { key: "streams", label: "Delivery streams", unit: "count" },
  { key: "domains", label: "Custom domains", unit: "count" },
  { key: "secrets", label: "Stored credentials", unit: "count" },
  { key: "certificates", label: "Certificates this month", unit: "count" },
  { key: "changes", label: "Changes this hour", unit: "count" },
];

const METER_HEIGHT = 78;

/** What of each limit of the plan is used. */
export function PlanMeter({ limits, meters = ["requests", "bytes"] }: { limits: Limits; meters?: (keyof Limits)[] }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: Math.min(3, meters.length) }}>
      {METERS.filter(({ key }) => meters.includes(key)).map((kind) => (
        <Meter key={kind.key} use={limits[kind.key]} label={kind.label} unit={kind.unit} monthly={kind.monthly} />
      ))}
    </SimpleGrid>
  );
}

/** The shape of the first two. */
export function PlanMeterSkeleton() {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} aria-hidden>
      <Skeleton height={METER_HEIGHT} />
      <Skeleton height={METER_HEIGHT} />
    </SimpleGrid>
  );
}

function Meter({ use, label, unit, monthly = false }: Omit<Kind, "key"> & { use: Model<"LimitUse"> }) {
  const atEnd = projected(use.used, useNow());
  const human = unit === "bytes" ? humanBytes : humanCount;
  const exact = unit === "bytes" ? exactBytes : exactCount;
  const share = use.share ?? 0;
  const color = share >= 1 ? "red" : share >= 0.8 ? "yellow" : "pine";
  const title = use.limit === null ? exact(use.used) : `${exact(use.used)} of ${exact(use.limit)}`;
  return (
    <Paper px="md" py="sm">
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text size="sm" fw={600} className="figures" title={title}>
            {human(use.used)}
            <Text span c="dimmed" fw={400} size="sm">
              {use.limit === null ? " · no limit" : ` of ${human(use.limit)} · ${percent(share)}`}
            </Text>
          </Text>
        </Group>
        {use.limit !== null && (
          <Progress.Root size="sm">
            <Progress.Section
              value={Math.min(100, share * 100)}
              color={color}
              aria-label={`${label}: ${percent(share)}`}
            />
          </Progress.Root>
        )}
        {monthly && atEnd !== null && use.used > 0 && (
          <Text size="xs" c={use.limit !== null && atEnd > use.limit ? "var(--mantine-color-error)" : "dimmed"}>
            At this rate {human(atEnd)} by the end of the month
            {use.limit !== null && atEnd > use.limit && `, over the limit of ${human(use.limit)}`}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
