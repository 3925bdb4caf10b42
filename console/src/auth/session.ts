import { makeHandover } from "@/auth/handover";
import { Store } from "@/state/store";

export type Session = "signed out" | "signed in" | "expired";

const KEY = "ingest-endpoints.session";
/** Signed out in this tab: no other tab is asked for its session. */
const SIGNED_OUT_KEY = "ingest-endpoints.signed-out";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

interface Kept {
  token: string;
  /** What a pool of users gives for a new token; a personal token has none. */
  refreshToken?: string;
  /** Which of several organisations is meant; the API's first without it. */
  organisation?: string;
}

const state = new Store<Session>("signed out");
let kept: Kept | null = null;

function keep(session: Kept): void {
  kept = session;
  sessionStorage.setItem(KEY, JSON.stringify(session));
  sessionStorage.removeItem(SIGNED_OUT_KEY);
}

const handover = makeHandover({
  mine: () => (state.get() === "signed in" ? kept : null),
  onSignedOut: (token) => {
    if (kept?.token !== token) return;
    forget();
    location.assign("/sign-in");
  },
});

function forget(): void {
  kept = null;
  sessionStorage.removeItem(KEY);
  sessionStorage.setItem(SIGNED_OUT_KEY, "yes");
  state.set("signed out");
}

/** Who is signed in: kept in memory and in this tab's session storage, handed to new tabs of this browser alone. */
export const session = {
  state,

  /** Take up what an earlier page of this tab has kept. */
  restore(): void {
    const text = sessionStorage.getItem(KEY);
    if (text === null) return;
    kept = JSON.parse(text) as Kept;
    state.set("signed in");
  },

  /** Sign in by the link that a local run prints; its fragment never leaves the browser, and is taken off at once. */
  takeUpLink(location: Location, history: History): void {
    const found = /^#token=(iet_[\w-]+)$/.exec(location.hash);
    // Anywhere else a link could sign people in to an organisation that is not theirs.
    if (found?.[1] === undefined || !LOOPBACK.has(location.hostname)) return;
    history.replaceState(null, "", location.pathname + location.search);
    session.signIn(found[1]);
  },

  /** Take on the session of another tab of this browser, unless there is one here or this tab was signed out. */
  async takeOver(): Promise<void> {
    if (kept !== null || sessionStorage.getItem(SIGNED_OUT_KEY) !== null) return;
    const handed = await handover.ask();
    if (handed === null) return;
    keep(handed);
    state.set("signed in");
  },

  token: (): string | null => kept?.token ?? null,

  refreshToken: (): string | null => kept?.refreshToken ?? null,

  organisation: (): string | null => kept?.organisation ?? null,

  /** Sign in, or go on with another token: an organisation that was chosen stays so. */
  signIn(token: string, refreshToken?: string): void {
    keep({ token, refreshToken, organisation: kept?.organisation });
    state.set("signed in");
  },

  /** Mean another organisation from the next request on; null: the API's first. */
  choose(organisation: string | null): void {
    if (kept !== null) keep({ ...kept, organisation: organisation ?? undefined });
  },

  signOut(): void {
    if (kept !== null) handover.tellSignedOut(kept.token);
    forget();
  },

  /**
   * Wait for a token other than `refused`, which the API takes no longer; null once nobody is signed in.
   *
   * The first to ask makes the session an expired one, which the page answers with a way to sign in again.
   */
  tokenOtherThan(refused: string | null): Promise<string | null> {
    if (session.token() !== refused || state.get() === "signed out") return Promise.resolve(session.token());
    state.set("expired");
    return new Promise((resolve) => {
      const end = state.subscribe(() => {
        if (state.get() === "expired") return;
        end();
        resolve(session.token());
      });
    });
  },
};
