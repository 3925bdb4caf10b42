import { Store } from "@/state/store";

export type Session = "signed out" | "signed in" | "expired";

const KEY = "ingest-endpoints.session";

interface Kept {
  token: string;
  /** What a pool of users gives for a new token; a personal token has none. */
  refreshToken?: string;
}

const state = new Store<Session>("signed out");
let kept: Kept | null = null;

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

  signIn(token: string, refreshToken?: string): void {
    kept = refreshToken === undefined ? { token } : { token, refreshToken };
    sessionStorage.setItem(KEY, JSON.stringify(kept));
    state.set("signed in");
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
