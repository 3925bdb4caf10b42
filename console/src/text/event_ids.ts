/** What an event's id says. */

const EVENT_ID = /^evt_[0-9a-f]{32}$/;
/** Of a UUID in plain hex: made in order of time, not derived from an `Idempotency-Key`. */
const VERSION_PLACE = 12;
const IN_ORDER_OF_TIME = "7";

export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}

/** When the event arrived, in milliseconds; null where its id does not say. */
export function arrivedAt(eventId: string): number | null {
  if (!isEventId(eventId)) return null;
  const digits = eventId.slice("evt_".length);
  return digits[VERSION_PLACE] === IN_ORDER_OF_TIME ? parseInt(digits.slice(0, VERSION_PLACE), 16) : null;
}
