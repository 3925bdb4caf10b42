/** An event by its id among those in quarantine, which are read by the hour of their arrival. */

import type { Model } from "@/api/types";
import { arrivedAt } from "@/text/event_ids";

const PAGE = 50;
const MOST_PAGES = 20;
/** Between the id's making and the arrival that quarantine goes by, and between two clocks. */
const AROUND_MS = 10 * 60_000;

interface Asked {
  limit: number;
  from?: string;
  to?: string;
  cursor?: string;
}

export interface Found {
  event: Model<"QuarantinedEvent"> | null;
  /** Everything was looked at where it can be. */
  isAll: boolean;
}

/** Look in the hours around the time that the id says; without one, among the newest there are. */
export async function findEvent(
  eventId: string,
  load: (asked: Asked) => Promise<Model<"QuarantinedEventPage">>,
): Promise<Found> {
  const at = arrivedAt(eventId);
  const around =
    at === null ? {} : { from: new Date(at - AROUND_MS).toISOString(), to: new Date(at + AROUND_MS).toISOString() };
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found: Model<"QuarantinedEventPage"> = await load({
      limit: PAGE,
      ...around,
      ...(cursor === null ? {} : { cursor }),
    });
    const event = found.items.find(({ event_id }) => event_id === eventId);
    if (event !== undefined) return { event, isAll: true };
    if (found.next === null) return { event: null, isAll: true };
    cursor = found.next;
  }
  return { event: null, isAll: false };
}
