/** The events of a tap as the page keeps them: the newest first, and never more than it can hold. */

import type { Model } from "@/api/types";
import type { LiveSearch } from "@/pages/environments/live/search";

export type TappedEvent = Model<"TappedEvent">;

export const MOST_EVENTS = 2_000;
/** Of the texts of all events that are kept. */
export const MOST_CHARACTERS = 20_000_000;

export interface Feed {
  /** The newest first. */
  events: readonly TappedEvent[];
  /** What to ask from next; null before the first answer. */
  cursor: string | null;
  /** How many came in all, those among them that the page has let go. */
  received: number;
  leftOut: number;
  dropped: number;
}

export const EMPTY: Feed = { events: [], cursor: null, received: 0, leftOut: 0, dropped: 0 };

/** The feed after an answer, in which the oldest is first. */
export function afterPage(feed: Feed, page: Model<"TappedEventPage">): Feed {
  const { items, cursor, left_out: leftOut, dropped } = page;
  const events = items.length === 0 ? feed.events : bounded([...items.toReversed(), ...feed.events]);
  return { events, cursor, received: feed.received + items.length, leftOut, dropped };
}

function bounded(events: TappedEvent[]): TappedEvent[] {
  let characters = 0;
  let kept = 0;
  for (const event of events) {
    characters += charactersOf(event);
    // One that is larger than all room is kept all the same: it is what arrived last.
    if (kept === MOST_EVENTS || (kept > 0 && characters > MOST_CHARACTERS)) break;
    kept += 1;
  }
  return kept === events.length ? events : events.slice(0, kept);
}

/** About how much room an event takes; what is stored is as long as what was sent, or about. */
function charactersOf({ raw, raw_base64, stored }: TappedEvent): number {
  const sent = (raw ?? raw_base64 ?? "").length;
  return stored === null ? sent : 2 * sent;
}

/** Those that fit all that is asked for; of texts, capitals are as small letters. */
export function matching(events: readonly TappedEvent[], asked: LiveSearch): readonly TappedEvent[] {
  const { outcome, code, name, q } = asked;
  if (outcome === undefined && code === undefined && name === undefined && q === undefined) return events;
  const wanted = q?.toLowerCase();
  return events.filter(
    (event) =>
      (outcome === undefined || event.outcome === outcome) &&
      (code === undefined || event.errors.some((fault) => fault.code === code)) &&
      (name === undefined || event.event_name === name) &&
      (wanted === undefined || holds(event, wanted)),
  );
}

function holds({ event_id, raw, raw_base64 }: TappedEvent, wanted: string): boolean {
  return event_id.includes(wanted) || (raw ?? raw_base64 ?? "").toLowerCase().includes(wanted);
}

/** The names that events have, as a filter offers them. */
export function namesOf(events: readonly TappedEvent[]): string[] {
  return [...new Set(events.flatMap(({ event_name }) => event_name ?? []))].toSorted();
}

/** How many samples a draft is made from. */
export const MOST_SAMPLES = 200;

/** The whole texts of events as an array of JSON, the newest first; empty where there is none. */
export function samplesFrom(events: readonly TappedEvent[]): { text: string; count: number } {
  const texts: string[] = [];
  let characters = 0;
  for (const { raw, truncated, redacted, errors } of events) {
    if (texts.length === MOST_SAMPLES) break;
    if (raw === null || truncated || redacted || errors.some(({ code }) => NO_SAMPLE.has(code))) continue;
    characters += raw.length;
    if (characters > MOST_SAMPLE_CHARACTERS) break;
    texts.push(raw);
  }
  return { text: texts.length === 0 ? "" : `[${texts.join(",\n")}]`, count: texts.length };
}

const MOST_SAMPLE_CHARACTERS = 1_000_000;
/** Faults of what is no JSON object at all. */
const NO_SAMPLE: ReadonlySet<string> = new Set(["not_json", "not_an_object", "event_too_large", "depth"]);
