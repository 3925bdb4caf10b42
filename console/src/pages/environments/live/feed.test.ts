import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import {
  afterPage,
  EMPTY,
  matching,
  MOST_CHARACTERS,
  MOST_EVENTS,
  MOST_SAMPLES,
  namesOf,
  samplesFrom,
  type TappedEvent,
} from "@/pages/environments/live/feed";

function event(event_id: string, own: Partial<TappedEvent> = {}): TappedEvent {
  return {
    event_id,
    outcome: "accepted",
    errors: [],
    event_name: null,
    raw: "{}",
    raw_base64: null,
    stored: null,
    truncated: false,
    redacted: false,
    ...own,
  } as TappedEvent;
}

function page(items: TappedEvent[], own: Partial<Model<"TappedEventPage">> = {}): Model<"TappedEventPage"> {
  return { items, cursor: "1.0", left_out: 0, dropped: 0, state: "running", ...own };
}

const ids = (events: readonly TappedEvent[]) => events.map(({ event_id }) => event_id);
const fault = (code: string) => ({ pointer: "/a", code, message: "" });

test("the newest event is first, though an answer begins with the oldest", () => {
  const first = afterPage(EMPTY, page([event("a"), event("b")]));
  const second = afterPage(first, page([event("c")], { cursor: "2.0", left_out: 7 }));
  expect(ids(second.events)).toEqual(["c", "b", "a"]);
  expect(second).toMatchObject({ cursor: "2.0", received: 3, leftOut: 7 });
});

test("an answer without events leaves the list itself as it is", () => {
  const feed = afterPage(EMPTY, page([event("a")]));
  expect(afterPage(feed, page([])).events).toBe(feed.events);
});

test("no more events are kept than a page holds, the newest of them, and all are counted", () => {
  const many = Array.from({ length: MOST_EVENTS + 5 }, (_, index) => event(String(index)));
  const feed = afterPage(EMPTY, page(many));
  expect(feed.events).toHaveLength(MOST_EVENTS);
  expect(feed.events[0]?.event_id).toBe(String(MOST_EVENTS + 4));
  expect(feed.received).toBe(MOST_EVENTS + 5);
});

test("long events are kept up to a bound of their own, but the newest always", () => {
  const long = "x".repeat(MOST_CHARACTERS / 2);
  expect(
    ids(afterPage(EMPTY, page([event("a", { raw: long }), event("b", { raw: long }), event("c")])).events),
  ).toEqual(["c", "b"]);
  const huge = event("d", { raw: `${long}${long}x` });
  expect(ids(afterPage(EMPTY, page([event("a"), huge])).events)).toEqual(["d"]);
});

test("events are found by outcome, code, name and text", () => {
  const events = [
    event("a", { event_name: "view", raw: '{"page": "/Home"}' }),
    event("b", { outcome: "quarantined", errors: [fault("required")] }),
  ];
  expect(matching(events, {})).toBe(events);
  expect(ids(matching(events, { outcome: "quarantined" }))).toEqual(["b"]);
  expect(ids(matching(events, { code: "required" }))).toEqual(["b"]);
  expect(ids(matching(events, { name: "view" }))).toEqual(["a"]);
  expect(ids(matching(events, { q: "/home" }))).toEqual(["a"]);
  expect(matching(events, { q: "/home", outcome: "quarantined" })).toEqual([]);
  expect(namesOf(events)).toEqual(["view"]);
});

test("samples are whole JSON objects, so many as make a draft", () => {
  const events = [
    event("a", { raw: '{"a": 1.10}' }),
    event("b", { truncated: true }),
    event("c", { raw: "no JSON", errors: [fault("not_json")] }),
    event("d", { raw: null, raw_base64: "/w==" }),
    event("e", { raw: '{"b": 2}' }),
  ];
  expect(samplesFrom(events)).toEqual({ text: '[{"a": 1.10},\n{"b": 2}]', count: 2 });
  expect(samplesFrom([])).toEqual({ text: "", count: 0 });
  const many = Array.from({ length: MOST_SAMPLES + 1 }, (_, index) => event(String(index)));
  expect(samplesFrom(many).count).toBe(MOST_SAMPLES);
});
