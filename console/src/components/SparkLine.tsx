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
  /** The last value is of a time that is not over: the way to it is dashed, as what it will be is not known. */
  unfinished?: boolean;
}

/** A small line without axes; one that is zero throughout is flat and grey. */
export function SparkLine({ values, label, color = "var(--chart-requests)", width = WIDTH, unfinished }: Props) {
  const top = Math.max(0, ...values);
  const all = points(values, top);
  const isOpen = unfinished === true && top > 0 && all.length > 2;
  const over = isOpen ? all.slice(0, -1) : all;
  const stroke = top === 0 ? "var(--line-colour)" : color;
  const line = { fill: "none", stroke, strokeWidth: 1.5, strokeLinejoin: "round" } as const;
  const end = over.at(-1)?.split(",")[0] ?? PAD;
  const area = `${PAD},${HEIGHT - PAD} ${over.join(" ")} ${end},${HEIGHT - PAD}`;
  return (
    <Tooltip label={isOpen ? `${label} (dashed: not over yet)` : label}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {top > 0 && <polygon points={area} fill={color} opacity={0.12} />}
        <polyline points={over.join(" ")} {...line} />
        {isOpen && <polyline points={all.slice(-2).join(" ")} {...line} strokeDasharray="2 2" opacity={0.7} />}
      </svg>
    </Tooltip>
  );
}

function points(values: number[], top: number): string[] {
  const step = (WIDTH - 2 * PAD) / Math.max(1, values.length - 1);
  const scale = top === 0 ? 0 : (HEIGHT - 2 * PAD) / top;
  return values.map(
    (value, index) => `${(PAD + index * step).toFixed(1)},${(HEIGHT - PAD - value * scale).toFixed(1)}`,
  );
}
