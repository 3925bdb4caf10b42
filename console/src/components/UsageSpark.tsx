import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { sparks, type SparkScope } from "@/api/usage";
import { SparkLine } from "@/components/SparkLine";
import classes from "@/components/UsageSpark.module.css";
import { exactBytes, exactCount, humanBytes, humanCount, noun } from "@/text/units";

const COMPACT_WIDTH = 76;
const WIDTH = 194; // of the line with its sum

interface Props {
  scope: SparkScope;
  metric: "requests" | "bytes";
  /** A short line with its sum below it, for tables with many columns; on a phone beside it, as ever. */
  compact?: boolean;
}

/** The last 30 days of an endpoint or an environment as a line with its sum; both metrics of all rows share one request. */
export function UsageSpark({ scope, metric, compact = false }: Props) {
  const { data, isError } = useQuery(sparks(scope));
  if (isError) return <Text c="dimmed">–</Text>;
  if (data === undefined) return <Skeleton height={28} width={compact ? COMPACT_WIDTH : WIDTH} />;
  const total = data.totals[metric];
  const isBytes = metric === "bytes";
  const label = isBytes ? `Bytes, 30 days: ${exactBytes(total)}` : `Requests, 30 days: ${exactCount(total)}`;
  return (
    <div className={compact ? `${classes.spark} ${classes.compact}` : classes.spark}>
      <SparkLine
        width={compact ? COMPACT_WIDTH : undefined}
        values={data[metric]}
        label={label}
        color={`var(--chart-${metric})`}
        unfinished
      />
      <Text
        size="sm"
        c={total === 0 ? "dimmed" : undefined}
        miw={64}
        className="figures"
        style={{ whiteSpace: "nowrap" }}
        aria-hidden
      >
        {isBytes ? humanBytes(total) : humanCount(total)}
        {!isBytes && <span className="on-phone"> {noun(total, "request")}</span>}
      </Text>
    </div>
  );
}
