import "uplot/dist/uPlot.min.css";

import { Box, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import uPlot from "uplot";

import classes from "@/components/PeriodChart.module.css";
import { axisBytes, axisCount, exactBytes, exactCount } from "@/text/units";
import { sliceLabel, type SliceName } from "@/time/periods";

export interface Point {
  /** The slice's start in milliseconds. */
  at: number;
  value: number;
}

interface Props {
  /** What is drawn: `Requests`. */
  label: string;
  points: Point[];
  slice: SliceName;
  unit?: "count" | "bytes";
  /** A custom property of CSS, such as `--chart-requests`. */
  color?: string;
  height?: number;
}

const MOST_BARS = 62;
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** A chart of a period, in UTC. Who can't see it hears a summary; the page offers a table of the same. */
export default function PeriodChart(props: Props) {
  const { label, points, slice, unit = "count", color = "--chart-requests", height = 220 } = props;
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    const target = place.current;
    if (target === null || width === 0) return;
    const data: uPlot.AlignedData = [points.map((point) => point.at / 1000), points.map((point) => point.value)];
    const plot = new uPlot(options({ label, points, slice, unit, color, height, width }), data, target);
    return () => plot.destroy();
    // The scheme changes the colours that are read from the page.
  }, [label, points, slice, unit, color, height, width, scheme]);

  return (
    <Box ref={ref} role="img" aria-label={summary(label, points, slice, unit)} mih={height}>
      <div ref={place} className={classes.chart} />
    </Box>
  );
}

type Drawn = Required<Props> & { width: number };

function options({ points, slice, unit, color, height, width }: Drawn): uPlot.Options {
  const ink = colours(color);
  const human = unit === "bytes" ? axisBytes : axisCount;
  const isBars = points.length <= MOST_BARS;
  const axis = { stroke: ink.text, font: "12px system-ui", ticks: { show: false } };
  return {
    width,
    height,
    padding: [8, 20, 0, 0], // half a label of the last slice
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, points: { show: !isBars } },
    scales: {
      x: { time: true, range: edges(points, isBars) },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 64,
        values: (_plot, ticks) => ticks.map((tick) => tickLabel(tick, slice)),
      },
      {
        ...axis,
        size: 64,
        incrs: WHOLE_STEPS, // a part of a request or a byte is none
        grid: { stroke: ink.line, width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => human(tick)),
      },
    ],
    series: [
      {},
      {
        stroke: ink.series,
        width: isBars ? 0 : 1.5,
        fill: isBars ? ink.series : `${ink.series}22`,
        points: { show: false },
        ...(isBars && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 48], radius: 0.15 }) } : {}),
      },
    ],
    plugins: [tooltip(slice, unit)],
  };
}

/** Half a slice of room at both ends, so that the first and the last bar are whole. */
function edges(points: Point[], isBars: boolean): uPlot.Range.Function {
  return (_plot, least, most) => {
    if (!isBars || points.length < 2) return points.length < 2 ? [least - 1800, most + 1800] : [least, most];
    const half = (most - least) / (points.length - 1) / 2;
    return [least - half, most + half];
  };
}

function tooltip(slice: SliceName, unit: "count" | "bytes"): uPlot.Plugin {
  const exact = unit === "bytes" ? exactBytes : exactCount;
  const box = document.createElement("div");
  box.className = classes.tooltip ?? "";
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const at = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        const value = idx === null || idx === undefined ? undefined : plot.data[1]?.[idx];
        box.hidden = at === undefined || value === undefined || value === null || left < 0;
        if (box.hidden || at === undefined) return;
        box.textContent = `${sliceLabel(at * 1000, slice)} · ${exact(value ?? 0)}`;
        const most = plot.over.clientWidth - box.offsetWidth;
        box.style.left = `${Math.max(0, Math.min(most, left + 12))}px`;
      },
    },
  };
}

function colours(name: string): { series: string; text: string; line: string } {
  const style = getComputedStyle(document.documentElement);
  const read = (property: string) => style.getPropertyValue(property).trim();
  return { series: read(name), text: read("--mantine-color-dimmed"), line: read("--line-colour") };
}

const TICKS: Record<SliceName, Intl.DateTimeFormatOptions> = {
  minute: { hour: "2-digit", minute: "2-digit" },
  hour: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};

function tickLabel(seconds: number, slice: SliceName): string {
  const date = new Date(seconds * 1000);
  const isMidnight = date.getUTCHours() + date.getUTCMinutes() === 0;
  const shown = slice === "hour" ? (isMidnight ? TICKS.day : TICKS.minute) : TICKS[slice];
  return new Intl.DateTimeFormat("en-GB", { ...shown, timeZone: "UTC", hourCycle: "h23" }).format(date);
}

function summary(label: string, points: Point[], slice: SliceName, unit: "count" | "bytes"): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return `${label}: nothing to draw.`;
  const exact = unit === "bytes" ? exactBytes : exactCount;
  const highest = points.reduce((one, other) => (other.value > one.value ? other : one));
  const total = points.reduce((sum, point) => sum + point.value, 0);
  const range = `${sliceLabel(first.at, slice)} to ${sliceLabel(last.at, slice)}`;
  return `${label} by ${slice}, ${range}: ${exact(total)} in all, at most ${exact(highest.value)} (${sliceLabel(highest.at, slice)}).`;
}
