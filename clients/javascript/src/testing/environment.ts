import { fits, Unexpected, waitFor, type IngestEvent, type Where } from "./expecting.js";

const WAIT_SECONDS = 10;
const TIMEOUT_MS = 30_000;
const PAGE_EVENTS = "200";

/** What a test expects; numbers are exact, and one that is left out may be any. */
export interface Expectation {
  accepted?: number;
  /** Quarantined or rejected. */
  invalid?: number;
  /** Count only events that hold these values, as they are stored or as they were sent. */
  where?: Where;
  /** Seconds, 10 unless given. Where no event is expected at all, all of them are waited for. */
  within?: number;
}

/** What an environment is known by. */
export interface Known {
  id: string;
  name: string;
  address: string;
}

interface Page {
  items: IngestEvent[];
  cursor: string;
}

interface Tap {
  id: string;
  sample: number | "all";
  only: Record<string, string | null>;
}

/**
 * Where events are sent to, at `address`, and what became of them. Counts from the moment on at which `restart` was
 * called last, at first from the beginning.
 */
export class Environment {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly #runAddress: string;
  readonly #token: string;
  #tapId: string | undefined;
  #cursor: string | undefined;
  #events: IngestEvent[] = [];

  constructor(runAddress: string, token: string, known: Known) {
    this.#runAddress = runAddress;
    this.#token = token;
    this.id = known.id;
    this.name = known.name;
    this.address = known.address;
  }

  /** Forgets what has arrived so far. */
  async restart(): Promise<void> {
    while ((await this.#read(0)).length > 0);
    this.#events = [];
  }

  /** Waits until this many events have come, and returns those that match; throws `Unexpected` if others came. */
  async expect({ accepted, invalid, where = {}, within = 10 }: Expectation): Promise<IngestEvent[]> {
    if (accepted === undefined && invalid === undefined) {
      throw new TypeError("Say what you expect: accepted, invalid, or both.");
    }
    let known = [...this.#events];
    const read = async (waitSeconds: number) => {
      const found = known;
      known = [];
      return found.length > 0 ? found : this.#read(waitSeconds);
    };
    const came = await waitFor(read, where, { accepted, invalid }, within);
    if (!came.meets({ accepted, invalid })) {
      throw new Unexpected(`other events than expected\n${came.report({ accepted, invalid })}`);
    }
    return came.matching;
  }

  /** Returns what has arrived so far, oldest first, without waiting. */
  async events(where: Where = {}): Promise<IngestEvent[]> {
    while ((await this.#read(0)).length > 0);
    return this.#events.filter((event) => fits(event, where));
  }

  async #read(waitSeconds: number): Promise<IngestEvent[]> {
    const query = new URLSearchParams({
      limit: PAGE_EVENTS,
      wait: String(Math.min(WAIT_SECONDS, Math.ceil(waitSeconds))),
    });
    if (this.#cursor !== undefined) query.set("after", this.#cursor);
    const page = await this.#get<Page>(`/v1/taps/${encodeURIComponent(await this.#tap())}/events?${query.toString()}`);
    this.#cursor = page.cursor;
    this.#events.push(...page.items);
    return page.items;
  }

  async #tap(): Promise<string> {
    if (this.#tapId === undefined) {
      const { items } = await this.#get<{ items: Tap[] }>(`/v1/environments/${encodeURIComponent(this.id)}/taps`);
      const whole = items.find((tap) => tap.sample === "all" && Object.values(tap.only).every((value) => !value));
      if (!whole) throw new Error(`No tap of ${this.name} keeps every event: start the local run with TAPS=all.`);
      this.#tapId = whole.id;
    }
    return this.#tapId;
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(`${this.#runAddress}${path}`, {
      headers: { Authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path.split("?", 1).join("")} was answered ${answer.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }
}
