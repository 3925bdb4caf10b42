import "uplot/dist/uPlot.min.css";

import { Box, Text, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import uPlot from "uplot";

import classes from "@/components/PeriodChart.module.css";
import { axisBytes, axisCount, exactBytes, exactCount } from "@/text/units";
import { sliceLabel, type SliceName } from "@/time/periods";

/** One kind of what is drawn: a value for each slice. */
export interface Layer {
  label: string;
  /** A custom property of CSS, such as `--chart-requests`. */
  color: string;
  values: number[];
}

/** What happened at a moment: `Revision 2 in Production`. */
export interface Mark {
  at: number;
  label: string;
}

interface Props {
  /** What is drawn: `Requests`. */
  label: string;
  /** The slices' starts in milliseconds. */
  starts: number[];
  /** Stacked, the first at the bottom. */
  layers: Layer[];
  /** Deployments, drawn as lines across. */
  markers?: readonly Mark[];
  slice: SliceName;
  /** The last slice is not over yet: it is drawn hatched. */
  unfinished?: boolean;
  unit?: "count" | "bytes";
  height: number;
}

const NONE: readonly Mark[] = [];
const MOST_BARS = 62;
/** Of the room of a slice that its bar takes. */
const BAR_SHARE = 0.7;
const MOST_BAR_PX = 48;
const HATCH_PX = 5;
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/** A chart of a period, in UTC. Who can't see it hears a summary; the page offers a table of the same. */
export default function PeriodChart(props: Props) {
  const { label, starts, layers, slice, unit = "count", height, markers = NONE, unfinished = false } = props;
  const { ref, width } = useElementSize();
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    const target = place.current;
    if (target === null || width === 0) return;
    // The whole stack first: each lower one is drawn over it.
    const data: uPlot.AlignedData = [starts.map((at) => at / 1000), ...stacked(layers).toReversed()];
    const plot = new uPlot(
      options({ label, starts, layers, markers, slice, unit, height, width, unfinished }),
      data,
      target,
    );
    return () => plot.destroy();
    // The scheme changes the colours that are read from the page.
  }, [label, starts, layers, markers, slice, unit, height, width, unfinished, scheme]);

  return (
    <Box ref={ref} pos="relative" role="img" aria-label={summary(props)} aria-busy={width === 0} mih={height}>
      <div ref={place} className={classes.chart} />
      {isEmpty(layers) && (
        <Text c="dimmed" className={classes.empty}>
          No {label.toLowerCase()} in this period.
        </Text>
      )}
    </Box>
  );
}

type Drawn = Required<Props> & { width: number };

function isEmpty(layers: readonly Layer[]): boolean {
  return layers.every(({ values }) => values.every((value) => value === 0));
}

/** The sums of each layer and those below it. */
function stacked(layers: Layer[]): number[][] {
  const sums: number[][] = [];
  for (const { values } of layers) {
    const below = sums.at(-1);
    sums.push(values.map((value, index) => value + (below?.[index] ?? 0)));
  }
  return sums;
}

function options({ starts, layers, markers, slice, unit, height, width, unfinished }: Drawn): uPlot.Options {
  const ink = colours();
  const human = unit === "bytes" ? axisBytes : axisCount;
  const isBars = starts.length <= MOST_BARS;
  const placed = placedMarks(markers, starts);
  const axis = { stroke: ink.text, font: `12px ${ink.family}`, ticks: { show: false } };
  return {
    width,
    height,
    padding: [8, 20, 0, 0], // half a label of the last slice
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, points: { show: !isBars } },
    scales: {
      x: { time: true, range: edges(starts.length, isBars) },
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
        size: (_plot, labels) => labelsWidth(labels),
        incrs: WHOLE_STEPS, // a part of a request or a byte is none
        grid: { stroke: ink.line, width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => (tick > 0 && isEmpty(layers) ? "" : human(tick))),
      },
    ],
    series: [
      {},
      ...layers.toReversed().map((layer) => ({
        stroke: ink.read(layer.color),
        width: isBars ? 0 : 1.5,
        // What lies under another layer must not shine through it.
        fill: isBars || layers.length > 1 ? ink.read(layer.color) : `${ink.read(layer.color)}22`,
        points: { show: false },
        ...(isBars && uPlot.paths.bars
          ? { paths: uPlot.paths.bars({ size: [BAR_SHARE, MOST_BAR_PX], radius: 0.15 }) }
          : {}),
      })),
    ],
    plugins: [
      ...(unfinished ? [hatched(isBars, ink.read("--mantine-color-body"))] : []),
      tooltip(layers, slice, unit, placed, unfinished),
      lines(placed, ink.text),
    ],
  };
}

/** As wide as its labels are, about: a phone has no room for more. */
function labelsWidth(labels: readonly string[] | null): number {
  return Math.max(2, ...(labels ?? []).map(({ length }) => length)) * 7 + 14;
}

/** Half a slice of room at both ends, so that the first and the last bar are whole. */
function edges(count: number, isBars: boolean): uPlot.Range.Function {
  return (_plot, least, most) => {
    if (!isBars || count < 2) return count < 2 ? [least - 1800, most + 1800] : [least, most];
    const half = (most - least) / (count - 1) / 2;
    return [least - half, most + half];
  };
}

/** The labels of the marks of each slice, by its index. */
function placedMarks(markers: readonly Mark[], starts: readonly number[]): Map<number, string[]> {
  const placed = new Map<number, string[]>();
  for (const { at, label } of markers) {
    const index = starts.findLastIndex((start) => start <= at);
    if (index >= 0) placed.set(index, [...(placed.get(index) ?? []), label]);
  }
  return placed;
}

/** A dashed line for each slice with marks, with a small mark on top; the bar of a slice stands around its start. */
function lines(placed: ReadonlyMap<number, string[]>, ink: string): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox, data } = plot;
        const ratio = uPlot.pxRatio;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = ink;
        ctx.lineWidth = ratio;
        for (const index of placed.keys()) {
          const x = Math.round(plot.valToPos(data[0][index] ?? 0, "x", true));
          const size = 5 * ratio;
          ctx.setLineDash([3 * ratio, 3 * ratio]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.beginPath();
          ctx.moveTo(x - size, bbox.top - size);
          ctx.lineTo(x + size, bbox.top - size);
          ctx.lineTo(x, bbox.top + size);
          ctx.fill();
        }
        ctx.restore();
      },
    },
  };
}

/** Stripes in the page's colour over what was drawn of the last slice: its bar, or the line on the way to it. */
function hatched(isBars: boolean, paper: string): uPlot.Plugin {
  return {
    hooks: {
      drawSeries: (plot, series) => {
        const { ctx, bbox, data } = plot;
        const last = data[0].length - 1;
        if (series < data.length - 1 || last < 1) return;
        const ratio = uPlot.pxRatio;
        const [before = 0, end = 0] = [last - 1, last].map((index) => plot.valToPos(data[0][index] ?? 0, "x", true));
        const half = Math.min((end - before) * BAR_SHARE, MOST_BAR_PX * ratio) / 2 + ratio;
        const [left, right] = isBars ? [end - half, end + half] : [before, end + ratio];
        const { top, height } = bbox;
        ctx.save();
        ctx.beginPath();
        ctx.rect(left, top, right - left, height);
        ctx.clip();
        ctx.strokeStyle = paper;
        ctx.globalAlpha = 0.6;
        ctx.lineWidth = (HATCH_PX / 2) * ratio;
        ctx.beginPath();
        for (let x = left - height; x < right; x += HATCH_PX * ratio) {
          ctx.moveTo(x, top + height);
          ctx.lineTo(x + height, top);
        }
        ctx.stroke();
        ctx.restore();
      },
    },
  };
}

function tooltip(
  layers: Layer[],
  slice: SliceName,
  unit: "count" | "bytes",
  placed: ReadonlyMap<number, string[]>,
  unfinished: boolean,
): uPlot.Plugin {
  const exact = unit === "bytes" ? exactBytes : exactCount;
  const box = document.createElement("div");
  box.className = classes.tooltip ?? "";
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const at = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        box.hidden = at === undefined || left < 0;
        if (at === undefined || idx === null || idx === undefined || left < 0) return;
        const counts = layers.map(({ label, values }) =>
          layers.length === 1 ? exact(values[idx] ?? 0) : `${label} ${exact(values[idx] ?? 0)}`,
        );
        const isOpen = unfinished && idx === plot.data[0].length - 1;
        box.textContent = [
          sliceLabel(at * 1000, slice),
          ...(isOpen ? ["not over yet"] : []),
          ...counts,
          ...(placed.get(idx) ?? []),
        ].join(" · ");
        const most = plot.over.clientWidth - box.offsetWidth;
        box.style.left = `${Math.max(0, Math.min(most, left + 12))}px`;
      },
    },
  };
}

function colours(): { read: (property: string) => string; text: string; line: string; family: string } {
  const style = getComputedStyle(document.documentElement);
  const read = (property: string) => style.getPropertyValue(property).trim();
  return {
    read,
    text: read("--mantine-color-dimmed"),
    line: read("--line-colour"),
    family: read("--mantine-font-family"),
  };
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

function summary({ label, starts, layers, slice, unit, unfinished }: Props): string {
  const first = starts[0];
  const last = starts.at(-1);
  const sums = stacked(layers).at(-1) ?? [];
  if (first === undefined || last === undefined) return `${label}: nothing to draw.`;
  const exact = unit === "bytes" ? exactBytes : exactCount;
  const highest = sums.reduce((best, value, index) => (value > (sums[best] ?? 0) ? index : best), 0);
  const range = `${sliceLabel(first, slice)} to ${sliceLabel(last, slice)}`;
  const most = `${exact(sums[highest] ?? 0)} (${sliceLabel(starts[highest] ?? first, slice)})`;
  const parts = layers.map((layer) => `${layer.label} ${exact(total(layer.values))}`).join(", ");
  return `${label} by ${slice}, ${range}: ${exact(total(sums))} in all, at most ${most}${layers.length > 1 ? `; ${parts}` : ""}.${unfinished === true ? " The last one is not over yet." : ""}`;
}

function total(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
