import createClient, { type Middleware } from "openapi-fetch";
import createHooks from "openapi-react-query";

import type { paths } from "@/api/schema";
import { reach, sendSignedIn } from "@/api/transport";

const KEY = "Idempotency-Key";

/** The keys of requests that have had no answer yet, by what they asked for. */
const unanswered = new Map<string, string>();

/**
 * A POST that is sent again is done once: by the transport, because its token had expired, or by a person who asks for
 * the same once more, because its answer was lost.
 */
const onceOnly: Middleware = {
  async onRequest({ request }) {
    if (request.method !== "POST") return;
    const wanted = `${request.url} ${await request.clone().text()}`;
    const key = unanswered.get(wanted) ?? crypto.randomUUID();
    unanswered.set(wanted, key);
    request.headers.set(KEY, key);
  },
  onResponse({ request, response }) {
    if (response.status >= 500) return;
    const key = request.headers.get(KEY);
    for (const [wanted, used] of unanswered) if (used === key) unanswered.delete(wanted);
  },
};

/** The API as whoever is signed in; generated from `docs/openapi.json`. */
export const client = createClient<paths>({ baseUrl: location.origin, fetch: sendSignedIn });
client.use(onceOnly);

/** Hooks over the same: `api.useQuery("get", "/v1/me")`, `api.useMutation("post", "/v1/endpoints")`. */
export const api = createHooks(client);

/** The API with a token of one's own, to try it before it is kept. */
export function clientWithToken(token: string) {
  return createClient<paths>({
    baseUrl: location.origin,
    fetch: reach,
    headers: { Authorization: `Bearer ${token}` },
  });
}
