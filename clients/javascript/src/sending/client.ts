// Sends events in batches, and tells each event's own outcome once it is durable.

import type { AnyEvent, Client, Counters, Fault, Options, Outcome, Result } from "./contract.js";

interface Row {
  text: string;
  bytes: number;
  at: number;
  settle?: (result: Result) => void;
  isSettled?: boolean;
}

interface Batch {
  key: string;
  at: number;
  rows: Row[];
  tries: number;
  /** The try that is being made. */
  sending?: Promise<number> | undefined;
  /** Whether that try's request has left, not just its body being compressed. */
  isOut?: boolean;
}

interface Answer {
  ok?: boolean;
  event_ids?: string[];
  results?: { outcome: Outcome; event_id: string | null; errors: Fault[] }[];
  code?: string;
  message?: string;
}

/** What a page adds to a client. */
export interface Hooks {
  isOffline(): boolean;
  /** Called with what sends all that waits while the page goes away, and with what ends a pause. */
  start(leave: () => void, wake: () => void): void;
  /** Hands a body over without an answer; whether that was possible. Only where `fetch` can't outlive a page. */
  beacon?(body: string): boolean;
}

const RETRIED = [408, 425, 429, 500, 502, 503, 504];
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const MAX_ASKED_MS = 300_000;
const MIN_GZIP_BYTES = 1_024;
/** Of all requests that outlive a page together, a browser takes 64 KiB. */
const KEPT_ALIVE_BYTES = 60_000;

// Not by `randomUUID`, which pages without TLS don't have.
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const openOf = ({ rows }: Batch): Row[] => rows.filter((row) => !row.isSettled);
const bodyOf = ({ rows }: Batch): string => `[${rows.map((row) => row.text).join(",")}]`;
const sizeOf = (text: string): number => new TextEncoder().encode(text).length;

export function createClient<Event extends AnyEvent = AnyEvent>(options: Options, hooks?: Hooks): Client<Event> {
  const {
    address,
    store,
    onResult,
    headers,
    gzip = true,
    maxWaitMs = 2_000,
    maxQueued = 10_000,
    maxRetryMs = 3_600_000,
    timeoutMs = 15_000,
  } = options;
  // Not more than a request may have: all events of one that has more would be refused.
  const maxEvents = Math.min(options.maxEvents ?? 50, 1_000);
  const maxBytes = Math.min(options.maxBytes ?? 262_144, 4_000_000);
  const counters: Counters = {
    accepted: 0,
    quarantined: 0,
    rejected: 0,
    limited: 0,
    undelivered: 0,
    dropped: 0,
    waiting: 0,
    retries: 0,
    handedOver: 0,
  };
  const rows: Row[] = [];
  let batches: Batch[] = [];
  let queuedBytes = 0;
  let keptAlive = 0;
  let isHurried = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wake: (() => void) | undefined;
  let draining: Promise<void> | undefined;

  function settle(row: Row, outcome: Outcome, eventId: string | null = null, errors: Fault[] = []): void {
    if (row.isSettled) return;
    row.isSettled = true;
    counters.waiting--;
    counters[outcome]++;
    const told = row.settle ?? onResult;
    if (!told) return;
    try {
      told({ outcome, eventId, errors, event: JSON.parse(row.text) as unknown });
    } catch (error) {
      console.error(error); // a listener's fault must not hold up the events after it
    }
  }

  function queue(event: AnyEvent, settleRow?: (result: Result) => void): void {
    if (isClosed) throw new TypeError("The client is closed.");
    const text = typeof event === "string" ? event : (JSON.stringify(event) as string | undefined);
    // What is no JSON would spoil the request for the events beside it.
    if (text === undefined || (typeof event === "string" && !isJson(event))) {
      throw new TypeError("The event is not JSON.");
    }
    const row: Row = { text, bytes: sizeOf(text), at: Date.now(), ...(settleRow && { settle: settleRow }) };
    counters.waiting++;
    rows.push(row);
    queuedBytes += row.bytes;
    bound();
    if (isFull()) drain();
    else timer ??= setTimeout(drain, maxWaitMs);
  }

  /** Gives up the oldest where too many wait, but for the batch whose turn it is and those that are being sent. */
  function bound(): void {
    while (counters.waiting - (batches[0]?.rows.length ?? 0) > maxQueued) {
      const oldest = batches.find((batch, place) => place && !batch.sending);
      const left = oldest ? oldest.rows : take(1);
      if (!left[0]) break;
      for (const row of left) settle(row, oldest?.tries ? "undelivered" : "dropped");
      if (oldest) forget(oldest);
    }
  }

  function take(count: number): Row[] {
    const taken = rows.splice(0, count);
    for (const row of taken) queuedBytes -= row.bytes;
    return taken;
  }

  const isFull = (): boolean => rows.length >= maxEvents || queuedBytes >= maxBytes;

  /** Takes a batch of one event or more off the queue. */
  function form(mostBytes = maxBytes): Batch | undefined {
    if (!rows[0]) return undefined;
    let [count, bytes] = [0, 0];
    for (const row of rows) {
      if (count && (count >= maxEvents || bytes + row.bytes > mostBytes)) break;
      count++;
      bytes += row.bytes + 1;
    }
    const batch: Batch = { key: newKey(), at: Date.now(), rows: take(count), tries: 0 };
    batches.push(batch);
    keep(batch);
    return batch;
  }

  function forget(batch: Batch): void {
    batches = batches.filter((other) => other !== batch);
    store?.remove(batch.key);
  }

  function keep({ key, at, rows: kept }: Batch): void {
    store?.put({ key, at, texts: kept.map((row) => row.text) });
  }

  function drain(): void {
    clearTimeout(timer);
    timer = undefined;
    draining ??= drainAll().finally(() => {
      draining = undefined;
      if (rows[0]) timer ??= setTimeout(drain, maxWaitMs);
    });
  }

  async function drainAll(): Promise<void> {
    for (;;) {
      const isDue = isHurried || isFull() || (rows[0] && Date.now() - rows[0].at >= maxWaitMs);
      const batch = batches[0] ?? (isDue ? form() : undefined);
      if (!batch) break;
      await deliver(batch);
      forget(batch);
    }
    isHurried = false;
  }

  /** Tries until every event of a batch is settled. */
  async function deliver(batch: Batch): Promise<void> {
    while (openOf(batch)[0]) {
      const pauseMs = hooks?.isOffline() ? MAX_PAUSE_MS : await attempt(batch);
      if (!pauseMs) continue;
      if (Date.now() - batch.at + pauseMs > maxRetryMs) {
        for (const row of batch.rows) settle(row, "undelivered");
        return;
      }
      counters.retries++;
      await new Promise<void>((resolve) => {
        const pause = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(pause);
          resolve();
        };
      });
    }
  }

  /** Sends a batch once; returns the milliseconds to wait before the next try, 0 if none is needed. */
  function attempt(batch: Batch, isLeaving?: boolean): Promise<number> {
    if (!batch.sending) {
      const sending = request(batch, isLeaving).finally(() => {
        if (batch.sending === sending) batch.sending = undefined;
        if (!openOf(batch)[0]) forget(batch);
      });
      batch.sending = sending;
    }
    return batch.sending;
  }

  async function request(batch: Batch, isLeaving?: boolean): Promise<number> {
    const tried = ++batch.tries;
    const text = bodyOf(batch);
    const said: Record<string, string> = {
      ...headers,
      "Content-Type": "application/json",
      "Idempotency-Key": batch.key,
    };
    let body: string | ArrayBuffer = text;
    let size = sizeOf(text);
    if (!isLeaving && gzip && size > MIN_GZIP_BYTES && typeof CompressionStream === "function") {
      body = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
      if (batch.tries !== tried) return batch.sending ?? 0; // meanwhile the page left, and this went as it was
      size = body.byteLength;
      said["Content-Encoding"] = "gzip";
    }
    const keepalive = keptAlive + size <= KEPT_ALIVE_BYTES;
    if (keepalive) keptAlive += size;
    batch.isOut = true;
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: said,
        body,
        keepalive,
        signal: AbortSignal.timeout(timeoutMs),
        credentials: "omit",
      });
      return settleAll(batch, response, (await response.json()) as Answer);
    } catch {
      return pauseOf(batch); // no answer, or one that is not of an ingest address: under its key it can be repeated
    } finally {
      batch.isOut = false;
      if (keepalive) keptAlive -= size;
    }
  }

  function settleAll(batch: Batch, response: Response, answer: Answer): number {
    const sent = batch.rows;
    const { results, event_ids: ids } = answer;
    if (response.ok && answer.ok && ids?.length === sent.length) {
      for (const row of sent) settle(row, "accepted", ids.shift());
      return 0;
    }
    if (results?.length === sent.length) {
      results.forEach(({ outcome, event_id, errors }, index) => {
        if (outcome !== "undelivered") settle(sent[index] as Row, outcome, event_id, errors);
      });
      // An id derives from the key, the text and which of several equal texts it is: equal ones are sent together.
      const texts = new Set(openOf(batch).map((row) => row.text));
      if (!texts.size) return 0;
      batch.rows = sent.filter((row) => texts.has(row.text));
      keep(batch);
    } else if (!RETRIED.includes(response.status) && !response.ok) {
      const { code = "refused", message = "" } = answer;
      for (const row of sent) {
        settle(row, response.status === 402 ? "limited" : "rejected", null, [{ pointer: "", code, message }]);
      }
      return 0;
    }
    const asked = Number(response.headers.get("Retry-After")) * 1_000;
    return Math.max(pauseOf(batch), Math.min(asked || 0, MAX_ASKED_MS));
  }

  const pauseOf = ({ tries }: Batch): number =>
    Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2);

  function hurry(): void {
    isHurried = true;
    drain(); // a pause between tries goes on: the server asked for it
  }

  async function flush(withinMs = maxRetryMs): Promise<boolean> {
    hurry();
    let limit: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise((resolve) => (limit = setTimeout(resolve, withinMs)));
    await Promise.race([draining, tooLate]);
    clearTimeout(limit);
    return !counters.waiting;
  }

  /** Gives up a try whose body is still being compressed. */
  function replaceTry(batch: Batch): void {
    batch.tries++;
    batch.sending = undefined;
  }

  /** The page may not come back: sends all that waits, each batch at once. */
  function leave(): void {
    while (form(KEPT_ALIVE_BYTES / 3));
    for (const batch of batches) {
      if (batch.isOut) continue;
      const body = bodyOf(batch);
      if (hooks?.beacon) {
        if (!hooks.beacon(body)) continue;
        replaceTry(batch);
        for (const row of openOf(batch)) {
          row.isSettled = true;
          counters.waiting--;
          counters.handedOver++;
        }
        forget(batch);
      } else if (keptAlive + sizeOf(body) <= KEPT_ALIVE_BYTES) {
        replaceTry(batch);
        void attempt(batch, true);
      }
    }
    drain();
  }

  hooks?.start(leave, () => wake?.());
  void store?.all().then((found) => {
    for (const { key, at, texts } of found) {
      if (batches.some((batch) => batch.key === key)) continue;
      const kept = texts.map((text) => ({ text, bytes: sizeOf(text), at }));
      counters.waiting += kept.length;
      batches.push({ key, at, rows: kept, tries: 0 });
    }
    bound();
    if (batches[0]) drain();
  });

  return {
    counters,
    flush,
    track: (event) => {
      queue(event);
    },
    send: (event) =>
      new Promise((resolve) => {
        queue(event, resolve);
        setTimeout(hurry);
      }),
    close: (withinMs) => {
      isClosed = true;
      return flush(withinMs);
    },
  };
}
