// What a client of either kind takes and promises.

/** What became of an event; `dropped`: it left the queue of this client unsent. */
export type Outcome = "accepted" | "quarantined" | "rejected" | "limited" | "undelivered" | "dropped";

export interface Fault {
  pointer: string;
  code: string;
  message: string;
}

export interface Result {
  outcome: Outcome;
  /** Null where the event is kept nowhere. */
  eventId: string | null;
  /** Its faults, or why the whole request was refused. */
  errors: Fault[];
  /** The event as it was given. */
  event: unknown;
}

/** A batch as it is kept until it is settled, here or in a store. */
export interface StoredBatch {
  key: string;
  /** Milliseconds since 1970 at which it was formed. */
  at: number;
  texts: string[];
}

/** Keeps batches beyond this page or process. */
export interface Store {
  put(batch: StoredBatch): unknown;
  remove(key: string): unknown;
  all(): Promise<StoredBatch[]>;
}

export interface Options {
  /** The environment's address. */
  address: string;
  /** Events per request, 50 unless given, at most 1,000. */
  maxEvents?: number;
  /** Bytes of events per request, 256 KiB unless given. */
  maxBytes?: number;
  /** Milliseconds that an event waits for others, 2,000 unless given. */
  maxWaitMs?: number;
  /** Events that wait at most, 10,000 unless given; the oldest are dropped. */
  maxQueued?: number;
  /** Milliseconds after which a batch is given up, one hour unless given. */
  maxRetryMs?: number;
  /** Milliseconds that an answer may take, 15,000 unless given. */
  timeoutMs?: number;
  /** Bodies of over a kilobyte are compressed unless this is false. */
  gzip?: boolean;
  /** Told of every event that is settled, but for those that `send` returned. */
  onResult?: (result: Result) => void;
  store?: Store;
  headers?: Record<string, string>;
}

export type Counters = Record<Outcome | "waiting" | "retries" | "handedOver", number>;

/** Any event; a string is its JSON, for numbers that JavaScript rounds. */
export type AnyEvent = object | string;

/** `Event` is what may be sent, such as the types that `ingestctl types` makes. */
export interface Client<Event extends AnyEvent = AnyEvent> {
  /** Sends an event soon, and resolves to what became of it. */
  send(event: Event): Promise<Result>;
  /** Queues an event; `onResult` and `counters` tell what became of it. */
  track(event: Event): void;
  /** Sends what waits; resolves to whether all of it is settled, at the latest after some milliseconds. */
  flush(withinMs?: number): Promise<boolean>;
  /** Flushes, and refuses what comes later. */
  close(withinMs?: number): Promise<boolean>;
  readonly counters: Readonly<Counters>;
}
