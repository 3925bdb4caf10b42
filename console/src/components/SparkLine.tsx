import { Tooltip } from "@mantine/core";

const WIDTH = 120;
const HEIGHT = 28;
const PAD = 2;

interface Props {
  values: number[];
  /** What is drawn, said to who can't see it: `Requests, 30 days: 1,204`. */
  label: string;
  color?: string;
  /** Pixels; the line is drawn to fit. */
  width?: number;
}

/** A small line without axes; one that is zero throughout is flat and grey. */
export function SparkLine({ values, label, color = "var(--chart-requests)", width = WIDTH }: Props) {
  const top = Math.max(0, ...values);
  const line = points(values, top);
  const stroke = top === 0 ? "var(--line-colour)" : color;
  const area = `${PAD},${HEIGHT - PAD} ${line} ${WIDTH - PAD},${HEIGHT - PAD}`;
  return (
    <Tooltip label={label}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {top > 0 && <polygon points={area} fill={color} opacity={0.12} />}
        <polyline points={line} fill="none" stroke={stroke} strokeWidth={1.5} strokeLinejoin="round" />
      </svg>
    </Tooltip>
  );
}

function points(values: number[], top: number): string {
  const step = (WIDTH - 2 * PAD) / Math.max(1, values.length - 1);
  const scale = top === 0 ? 0 : (HEIGHT - 2 * PAD) / top;
  return values
    .map((value, index) => `${(PAD + index * step).toFixed(1)},${(HEIGHT - PAD - value * scale).toFixed(1)}`)
    .join(" ");
}
