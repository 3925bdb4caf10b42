/**
 * The session, handed from a tab to a new one of the same browser.
 *
 * A new tab asks the others by a channel that only pages of this origin hear, and takes what the first of them answers
 * to its own question. Nothing is written anywhere but into the new tab's session storage, which ends with it. Who signs
 * out does so in every tab with the same token; the tab itself asks no other one until someone signs in there again.
 */

const CHANNEL = "ingest-endpoints.session";
/** A tab that is alive answers within some milliseconds; the page waits no longer before it asks for a token. */
const PATIENCE_MS = 250;

export interface Handed {
  token: string;
  refreshToken?: string;
  organisation?: string;
}

type Message =
  | { kind: "asked"; question: string }
  | { kind: "handed"; question: string; session: Handed }
  | { kind: "signed out"; token: string };

export interface Handover {
  /** What another tab hands on; null without one that is signed in. */
  ask: () => Promise<Handed | null>;
  tellSignedOut: (token: string) => void;
}

interface Own {
  /** What may be handed on; null unless someone is signed in here. */
  mine: () => Handed | null;
  /** Another tab has signed out with this token. */
  onSignedOut: (token: string) => void;
}

/** Answer other tabs from now on. */
export function makeHandover(own: Own, channel: BroadcastChannel = new BroadcastChannel(CHANNEL)): Handover {
  const waiting = new Map<string, (session: Handed) => void>();
  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (data.kind === "asked") {
      const session = own.mine();
      if (session !== null) channel.postMessage({ kind: "handed", question: data.question, session } satisfies Message);
    } else if (data.kind === "handed") waiting.get(data.question)?.(data.session);
    else own.onSignedOut(data.token);
  });
  return {
    ask: () =>
      new Promise((resolve) => {
        // Not `randomUUID`, which pages without TLS have only at this machine's own names.
        const question = crypto.getRandomValues(new Uint32Array(4)).join(" ");
        const end = (session: Handed | null) => {
          clearTimeout(timer);
          waiting.delete(question);
          resolve(session);
        };
        const timer = setTimeout(() => end(null), PATIENCE_MS);
        waiting.set(question, end);
        channel.postMessage({ kind: "asked", question } satisfies Message);
      }),
    tellSignedOut: (token) => channel.postMessage({ kind: "signed out", token } satisfies Message),
  };
}
