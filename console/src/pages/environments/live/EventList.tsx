import { Badge, Paper, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";

import type { TappedEvent } from "@/pages/environments/live/feed";
import classes from "@/pages/environments/live/Live.module.css";
import { OUTCOME_COLOURS } from "@/pages/environments/live/outcomes";
import { visible } from "@/text/laid_out";

const ROW_PX = 41;
/** Of a row with its text below its name. */
const NARROW_ROW_PX = 64;
const PREVIEW = 300; // characters

interface Props {
  /** The newest first. */
  events: readonly TappedEvent[];
  /** The reader looks at what is there: with the pointer over it, or scrolled down. */
  onHold: (why: "pointer" | "scroll", isHeld: boolean) => void;
  onOpen: (event: TappedEvent) => void;
}

/** Events as rows, of which only those in sight are in the page. */
export function EventList({ events, onHold, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const height = isNarrow ? NARROW_ROW_PX : ROW_PX;
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing below is memoised by hand
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => height,
    overscan: 8,
    getItemKey: (index) => keyOf(events[index], index),
  });
  return (
    <Paper
      p={0}
      ref={frame}
      className={classes.frame}
      onPointerEnter={({ pointerType }) => pointerType === "mouse" && onHold("pointer", true)}
      onPointerLeave={() => onHold("pointer", false)}
      onScroll={({ currentTarget }) => onHold("scroll", currentTarget.scrollTop > 0)}
    >
      <div role="list" aria-label="Events" style={{ position: "relative", height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const event = events[index];
          return (
            event !== undefined && (
              <div
                key={key}
                role="listitem"
                aria-setsize={events.length}
                aria-posinset={index + 1}
                className={classes.row}
                style={{ height, transform: `translateY(${start}px)` }}
              >
                <Row event={event} onOpen={onOpen} />
              </div>
            )
          );
        })}
      </div>
    </Paper>
  );
}

function Row({ event, onOpen }: { event: TappedEvent; onOpen: (event: TappedEvent) => void }) {
  const { at, outcome, event_name: name, errors } = event;
  const text = event.raw ?? event.raw_base64 ?? "";
  const fault = errors[0];
  return (
    <UnstyledButton className={classes.button} onClick={() => onOpen(event)}>
      <time dateTime={at} className={classes.time}>
        {CLOCK.format(Date.parse(at))}
      </time>
      <span className={classes.outcome}>
        <Badge component="span" variant="light" color={OUTCOME_COLOURS[outcome]}>
          {outcome}
        </Badge>
      </span>
      <span className={classes.preview}>
        {name !== null && <span className={classes.name}>{visible(name)} </span>}
        {fault !== undefined && (
          <span className={classes.fault}>
            {fault.pointer === "" ? "the event" : visible(fault.pointer)} {fault.code}
            {errors.length > 1 && ` and ${errors.length - 1} more`}{" "}
          </span>
        )}
        {visible(text.slice(0, PREVIEW)).replaceAll("\n", " ")}
      </span>
    </UnstyledButton>
  );
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

function keyOf(event: TappedEvent | undefined, index: number): string | number {
  return event === undefined ? index : `${event.event_id} ${event.request.id} ${event.index}`;
}
