import { Store } from "@/state/store";

export type Session = "signed out" | "signed in" | "expired";

const KEY = "ingest-endpoints.session";

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
}

/** Who is signed in: kept in memory and in this tab's session storage, and nowhere else. */
export const session = {
  state,

  /** Take up what an earlier page of this tab has kept. */
  restore(): void {
    const text = sessionStorage.getItem(KEY);
    if (text === null) return;
    kept = JSON.parse(text) as Kept;
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
    kept = null;
    sessionStorage.removeItem(KEY);
    state.set("signed out");
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
