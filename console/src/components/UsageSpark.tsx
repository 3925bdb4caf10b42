import { Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { sparks, type SparkScope } from "@/api/usage";
import { SparkLine } from "@/components/SparkLine";
import { exactBytes, exactCount, humanBytes, humanCount } from "@/text/units";

interface Props {
  scope: SparkScope;
  metric: "requests" | "bytes";
  /** The sum below the line instead of beside it, for tables with many columns. */
  compact?: boolean;
}

/** The last 30 days of an endpoint or an environment as a line with its sum; both metrics of all rows share one request. */
export function UsageSpark({ scope, metric, compact = false }: Props) {
  const { data, isError } = useQuery(sparks(scope));
  if (isError) return <Text c="dimmed">–</Text>;
  if (data === undefined) return <Skeleton height={28} width={170} />;
  const total = data.totals[metric];
  const isBytes = metric === "bytes";
  const label = isBytes ? `Bytes, 30 days: ${exactBytes(total)}` : `Requests, 30 days: ${exactCount(total)}`;
  return (
    <Group gap={compact ? 0 : "xs"} wrap={compact ? "wrap" : "nowrap"} w={compact ? 76 : undefined}>
      <SparkLine
        width={compact ? 76 : undefined}
        values={data[metric]}
        label={label}
        color={`var(--chart-${metric})`}
      />
      <Text size="sm" miw={compact ? 76 : 64} className="figures" style={{ whiteSpace: "nowrap" }} aria-hidden>
        {isBytes ? humanBytes(total) : humanCount(total)}
        {!isBytes && <span className="on-phone"> requests</span>}
      </Text>
    </Group>
  );
}
