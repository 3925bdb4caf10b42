import { Group, Paper, Stack, Text, Tooltip } from "@mantine/core";
import { IconTrendingDown, IconTrendingUp } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { exactBytes, exactCount, percent } from "@/text/units";
import { ledgerText, refusedShare } from "@/pages/overview/ledger";
import { change } from "@/time/periods";

type Counts = Model<"UsageCounts">;

const TILES: { key: keyof Counts; label: string; unit?: "bytes"; beside?: (now: Counts) => string | null }[] = [
  { key: "requests", label: "Requests" },
  { key: "bytes", label: "Bytes", unit: "bytes" },
  { key: "accepted", label: "Events accepted" },
  { key: "rejected", label: "Events refused", beside: shareText },
  { key: "delivered", label: "Events delivered" },
];

/** From here on a change says no more than that it was large: the period before had next to nothing. */
const MOST_PERCENT = 999;

/** The sums of the period, each with its change against the period before. */
export function Totals({ now, before }: { now: Counts; before: Counts | undefined }) {
  const ledger = ledgerText(now);
  return (
    <Stack gap="xs">
      <Group gap="sm" align="stretch">
        {TILES.map(({ key, label, unit, beside }) => (
          <Paper key={key} px="md" py="sm" flex="1 1 150px">
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text fz={24} fw={600} lh={1.3}>
              <Amount value={now[key] ?? 0} unit={unit} />
            </Text>
            <Group gap="xs">
              <Change now={now[key] ?? 0} before={before?.[key]} unit={unit} />
              {beside !== undefined && (
                <Text size="xs" c="dimmed">
                  {beside(now)}
                </Text>
              )}
            </Group>
          </Paper>
        ))}
        <Paper px="md" py="sm" flex="1 1 150px">
          <Text size="sm" c="dimmed">
            In flight
          </Text>
          <Text fz={24} fw={600} lh={1.3}>
            <Amount value={Math.max(0, now.in_flight ?? 0)} />
          </Text>
          <Text size="xs" c="dimmed">
            not delivered yet
          </Text>
        </Paper>
      </Group>
      {ledger.length > 0 && (
        <Text size="sm" c="dimmed">
          {ledger.join(" ")}
        </Text>
      )}
    </Stack>
  );
}

function shareText(now: Counts): string | null {
  const share = refusedShare(now);
  return share === null ? null : `${percent(share)} of all`;
}

function changeText(share: number): string {
  if (share >= MOST_PERCENT / 100) return `more than +${MOST_PERCENT} %`;
  return `${share > 0 ? "+" : ""}${percent(share)}`;
}

function Change({ now, before, unit }: { now: number; before: number | undefined; unit?: "bytes" }) {
  if (before === undefined) return <Text size="xs">&nbsp;</Text>;
  const share = change(now, before);
  const exact = unit === "bytes" ? exactBytes(before) : exactCount(before);
  const icon =
    share === null || share === 0 ? null : share > 0 ? <IconTrendingUp size={14} /> : <IconTrendingDown size={14} />;
  const said = share === null ? "no data in the previous period" : changeText(share);
  return (
    <Tooltip label={`Previous period: ${exact}`}>
      <Group gap={4} c="dimmed" tabIndex={0} w="fit-content">
        {icon}
        <Text size="xs" className="figures">
          {said}
        </Text>
      </Group>
    </Tooltip>
  );
}
