/** Pages of quarantined events, put together. */

import type { Model } from "@/api/types";

type Event = Model<"QuarantinedEvent">;
type Page = Model<"QuarantinedEventPage">;

/** The first page from a cursor on that holds something; an empty one is not the last unless it says so. */
export async function firstThatHolds(
  cursor: string | null,
  load: (cursor: string | null) => Promise<Page>,
): Promise<Page> {
  let page = await load(cursor);
  while (page.items.length === 0 && page.next !== null) page = await load(page.next);
  return page;
}

/** What tells one event from another: one that was sent twice stands in two objects, or at two places of a request. */
export function keyOf({ event_id, object, index }: Event): string {
  return `${event_id} ${object} ${index}`;
}

export function withoutRepeats(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [keyOf(event), event])).values()];
}
