/** An environment's address, as a browser sends to it. */

import type { Model } from "@/api/types";

export interface SentEvent {
  /** Null for an event that was not taken. */
  eventId: string | null;
  outcome: string;
  errors: Pick<Model<"EventFault">, "pointer" | "code" | "message">[];
}

export interface SendOutcome {
  events: SentEvent[];
  /** Why the whole request was refused; null where its events have outcomes of their own. */
  problem: { code: string; message: string } | null;
}

/**
 * Send a body of JSON to an environment, and say what became of each event.
 *
 * @param host where to send it instead of the environment's own address
 * @throws Error nothing was answered that a page may read
 */
export async function sendEvents(environment: Model<"Environment">, body: string, host?: string): Promise<SendOutcome> {
  const address = addressWithKey(environment, host);
  const response = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  return outcomeFrom(await response.json());
}

/** The address that a request without further headers can be sent to: with a write key, where one is needed. */
export function addressWithKey({ id, address, write_keys }: Model<"Environment">, host?: string): string {
  const key = write_keys[0];
  const sentTo = host === undefined ? address : `${host}/e/${id}`;
  return key === undefined ? sentTo : `${sentTo}?writeKey=${encodeURIComponent(key)}`;
}

/** Read an answer of ingest. It lists every event, except where all were accepted. */
export function outcomeFrom(answer: unknown): SendOutcome {
  const { results, event_ids: ids, code, message } = answer as Answer;
  if (results !== undefined) {
    const events = results.map(({ event_id = null, outcome, errors = [] }) => ({ eventId: event_id, outcome, errors }));
    return { events, problem: null };
  }
  if (ids !== undefined && code === undefined) {
    return { events: ids.map((eventId) => ({ eventId, outcome: "accepted", errors: [] })), problem: null };
  }
  return { events: [], problem: { code: code ?? "unknown", message: message ?? "The answer can’t be read." } };
}

interface Answer {
  results?: { event_id?: string | null; outcome: string; errors?: SentEvent["errors"] }[];
  event_ids?: string[];
  code?: string;
  message?: string;
}
