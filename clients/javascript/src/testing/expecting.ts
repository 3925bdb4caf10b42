// What a test expects of events, and what it is told if others came. `ingestctl expect` goes by the same rules.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An event as `GET /v1/taps/{id}/events` gives it; the most useful of what it holds. */
export interface IngestEvent {
  at: string;
  event_id: string | null;
  outcome: "accepted" | "quarantined" | "rejected" | "undelivered";
  errors: { pointer: string; code: string; message: string }[];
  revision_id: string | null;
  event_name: string | null;
  /** As it was sent; null where it is no UTF-8. */
  raw: string | null;
  /** What an accepted event became; null for every other. */
  stored: Record<string, Json> | null;
  request: { method: string; content_type: string | null; origin: string | null; protocol: string | null };
}

/** Values by key, or by JSON Pointer if it starts with `/`: `{ event: "purchase", "/items/0/id": 7 }`. */
export type Where = Record<string, Json>;

/** How many events are to come; undefined for any number. */
export interface Expected {
  accepted?: number | undefined;
  invalid?: number | undefined;
}

/** Returns the next events, waiting for up to so many seconds where there are none yet. */
export type Read = (waitSeconds: number) => Promise<IngestEvent[]>;

const SHOWN = 20;

/** Other events came than expected, or not enough; the message shows them. */
export class Unexpected extends Error {
  override name = "Unexpected";
}

/** The events that match, and those that don't. */
export class Came {
  readonly matching: IngestEvent[] = [];
  readonly others: IngestEvent[] = [];

  add(events: readonly IngestEvent[], where: Where): void {
    for (const event of events) (fits(event, where) ? this.matching : this.others).push(event);
  }

  get accepted(): number {
    return this.matching.filter((event) => event.outcome === "accepted").length;
  }

  get invalid(): number {
    return this.matching.filter((event) => event.outcome === "quarantined" || event.outcome === "rejected").length;
  }

  /** Whether exactly what is expected has come. */
  meets({ accepted, invalid }: Expected): boolean {
    return (accepted ?? this.accepted) === this.accepted && (invalid ?? this.invalid) === this.invalid;
  }

  /** Whether there is nothing left to wait for; where no event is expected, all the time is waited for. */
  reaches({ accepted = 0, invalid = 0 }: Expected): boolean {
    return accepted + invalid > 0 && this.accepted >= accepted && this.invalid >= invalid;
  }

  /** The numbers, and what came: `+` matches, `?` does not. */
  report(expected: Expected): string {
    const lines: string[] = [];
    for (const kind of ["accepted", "invalid"] as const) {
      const [number, wanted] = [this[kind], expected[kind]];
      if (wanted !== undefined) lines.push(`${number === wanted ? " " : "!"} ${kind}: ${number}, expected ${wanted}`);
    }
    for (const [mark, events] of [
      ["+", this.matching],
      ["?", this.others],
    ] as const) {
      lines.push(...events.slice(0, SHOWN).map((event) => `${mark} ${lineOf(event)}`));
      if (events.length > SHOWN) lines.push(`${mark} and ${events.length - SHOWN} more`);
    }
    if (this.others.length > 0) lines.push("Events marked ? do not match `where`.");
    return lines.join("\n");
  }
}

/** Whether an event holds every value, as it is stored or as it was sent. */
export function fits(event: IngestEvent, where: Where): boolean {
  const sources = [event.stored, parsed(event.raw)];
  return Object.entries(where).every(([path, value]) => sources.some((source) => holds(source, path, value)));
}

/** Returns what came once that is what is expected, or when the time is over. */
export async function waitFor(
  read: Read,
  where: Where,
  expected: Expected,
  withinSeconds: number,
  now: () => number = () => performance.now() / 1_000,
): Promise<Came> {
  const came = new Came();
  const deadline = now() + withinSeconds;
  for (;;) {
    const isReached = came.reaches(expected);
    const events = await read(isReached ? 0 : Math.max(0, deadline - now()));
    came.add(events, where);
    if (events.length === 0 && (isReached || now() >= deadline)) return came;
  }
}

function holds(source: Json | undefined, path: string, wanted: Json): boolean {
  const names = path.startsWith("/")
    ? path
        .slice(1)
        .split("/")
        .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    : [path];
  let value: Json | undefined = source;
  for (const name of names) {
    if (Array.isArray(value)) value = /^[0-9]+$/.test(name) ? value[Number(name)] : undefined;
    else if (typeof value === "object" && value !== null && Object.hasOwn(value, name)) value = value[name];
    else value = undefined;
    if (value === undefined) return false;
  }
  return isSame(value, wanted);
}

function isSame(value: Json | undefined, wanted: Json | undefined): boolean {
  if (Array.isArray(value) || Array.isArray(wanted)) {
    if (!Array.isArray(value) || !Array.isArray(wanted) || value.length !== wanted.length) return false;
    return value.every((item, index) => isSame(item, wanted[index]));
  }
  if (typeof value !== "object" || typeof wanted !== "object" || value === null || wanted === null) {
    return value === wanted;
  }
  const keys = Object.keys(value);
  if (keys.length !== Object.keys(wanted).length) return false;
  return keys.every((key) => Object.hasOwn(wanted, key) && isSame(value[key], wanted[key]));
}

function parsed(text: string | null): Json | undefined {
  try {
    return JSON.parse(text ?? "") as Json;
  } catch {
    return undefined;
  }
}

function lineOf(event: IngestEvent): string {
  const faults = event.errors.map((error) => `${error.pointer || "/"} ${error.code}`).join(", ");
  return [event.outcome, event.raw ?? "(no text)", ...(faults ? [`(${faults})`] : [])].join(" ");
}
