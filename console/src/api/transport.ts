import { connection } from "@/api/connection";
import { session } from "@/auth/session";

/** The API did not answer at all, or what stands before it did in its place. */
export class Unreachable extends Error {
  constructor() {
    super("The API can't be reached.");
    this.name = "Unreachable";
  }
}

const NOBODY_ANSWERED = new Set([502, 503, 504]);

/**
 * Send a request and note whether the API can be reached.
 *
 * @throws Unreachable
 */
export async function reach(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    connection.lost();
    throw new Unreachable();
  }
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
  if (NOBODY_ANSWERED.has(response.status) && !isProblem) {
    connection.lost();
    throw new Unreachable();
  }
  connection.found();
  return response;
}

/**
 * Send a request as the person who is signed in. One whose token is no longer accepted waits for the next sign-in,
 * and is then sent once more: a form in the middle of being saved loses nothing.
 *
 * @throws Unreachable
 */
export async function sendSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const token = session.token();
  const response = await reach(withToken(request, token));
  if (response.status !== 401) return response;
  return reach(withToken(again, await session.tokenOtherThan(token)));
}

function withToken(request: Request, token: string | null): Request {
  const headers = new Headers(request.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const organisation = session.organisation();
  if (organisation !== null) headers.set("X-Organisation-Id", organisation);
  return new Request(request, { headers });
}
