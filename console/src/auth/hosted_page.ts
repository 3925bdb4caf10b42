/** Signing in at a pool's hosted page: the authorisation code flow with PKCE (RFC 7636), for a client without secret. */

export interface HostedPage {
  page: string;
  client_id: string;
}

export interface Tokens {
  access_token: string;
  refresh_token?: string;
}

const KEY = "ingest-endpoints.signing-in";
const SCOPE = "openid email";
const CHANNEL = "ingest-endpoints.signed-in";

interface Begun {
  verifier: string;
  state: string;
  to: string;
}

export function redirectAddress(): string {
  return `${location.origin}/signed-in`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function unguessable(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

/** Note what the answer will be compared with, and return the address to go to; `to` is where to come back to. */
export async function beginSignIn(hosted: HostedPage, to: string): Promise<string> {
  const begun: Begun = { verifier: unguessable(), state: unguessable(), to };
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: hosted.client_id,
    redirect_uri: redirectAddress(),
    scope: SCOPE,
    state: begun.state,
    code_challenge: await challengeOf(begun.verifier),
    code_challenge_method: "S256",
  });
  return `${hosted.page}/oauth2/authorize?${query.toString()}`;
}

/**
 * Change the code that the hosted page has sent into tokens.
 *
 * @throws Error the answer is not to what was begun here, or the pool refuses it.
 */
export async function finishSignIn(
  hosted: HostedPage,
  answer: URLSearchParams,
): Promise<{ tokens: Tokens; to: string }> {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const begun = text === null ? null : (JSON.parse(text) as Begun);
  const code = answer.get("code");
  if (begun === null || code === null || answer.get("state") !== begun.state) {
    throw new Error(answer.get("error_description") ?? "This sign-in was not begun here, or has been used already.");
  }
  const tokens = await askForTokens(hosted, {
    grant_type: "authorization_code",
    client_id: hosted.client_id,
    code,
    redirect_uri: redirectAddress(),
    code_verifier: begun.verifier,
  });
  return { tokens, to: begun.to };
}

/**
 * Return a new token for a refresh token.
 *
 * @throws Error the pool refuses it.
 */
export function refresh(hosted: HostedPage, refreshToken: string): Promise<Tokens> {
  return askForTokens(hosted, {
    grant_type: "refresh_token",
    client_id: hosted.client_id,
    refresh_token: refreshToken,
  });
}

/** Where to go so that the hosted page, too, forgets who is signed in. */
export function signOutAddress(hosted: HostedPage): string {
  const query = new URLSearchParams({ client_id: hosted.client_id, logout_uri: `${location.origin}/` });
  return `${hosted.page}/logout?${query.toString()}`;
}

/** Hand tokens to the page that opened this one, which keeps its form while someone signs in again. */
export function handTokensOver(tokens: Tokens): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(tokens);
  channel.close();
}

/** Call `taken` with tokens that another page hands over; the answer ends that. */
export function takeTokens(taken: (tokens: Tokens) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<Tokens>) => taken(event.data);
  return () => channel.close();
}

async function askForTokens(hosted: HostedPage, form: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${hosted.page}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  if (!response.ok) throw new Error("The sign-in page refused the request. Try again.");
  return (await response.json()) as Tokens;
}
