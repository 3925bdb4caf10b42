import createClient, { type Middleware } from "openapi-fetch";
import createHooks from "openapi-react-query";

import type { paths } from "@/api/schema";
import { reach, sendSignedIn } from "@/api/transport";
import { readJson, writeJson } from "@/text/json";

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

/**
 * What holds values of people: defaults and arguments of rules, examples, exports, events, what a change found and left.
 * Numbers in these answers that a browser would change are `Written`, whatever the generated types say.
 */
const HOLDS_VALUES: ReadonlySet<keyof paths> = new Set<keyof paths>([
  "/v1/audit",
  "/v1/endpoints/{endpoint_id}/revisions",
  "/v1/revisions/{revision_id}",
  "/v1/revisions/{revision_id}/bigquery-schema",
  "/v1/revisions/{revision_id}/fields",
  "/v1/revisions/{revision_id}/diff/{other_id}",
  "/v1/revisions/{revision_id}/example",
  "/v1/revisions/{revision_id}/json-schema",
  "/v1/revisions/{revision_id}/validate",
  "/v1/taps/{tap_id}/events",
]);

type Send = (path: keyof paths, init?: object) => Promise<{ data?: unknown }>;

function keepingNumbers(send: Send): Send {
  return async (path, init) => {
    if (!HOLDS_VALUES.has(path)) return send(path, init);
    const answer = await send(path, { ...init, parseAs: "text" });
    return typeof answer.data === "string" ? { ...answer, data: readJson(answer.data) } : answer;
  };
}

/** The API as the one who is signed in; generated from `docs/openapi.json`. */
export const client = createClient<paths>({
  baseUrl: location.origin,
  fetch: sendSignedIn,
  bodySerializer: writeJson,
});
client.use(onceOnly);
for (const method of ["GET", "POST", "PUT", "PATCH"] as const) {
  (client as Record<typeof method, Send>)[method] = keepingNumbers(client[method] as Send);
}

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
