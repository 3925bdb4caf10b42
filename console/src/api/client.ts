import createClient, { type Middleware } from "openapi-fetch";
import createHooks from "openapi-react-query";

import type { paths } from "@/api/schema";
import { reach, sendSignedIn } from "@/api/transport";

// A POST that is sent again, because its answer was lost or its token had expired, is done once.
const onceOnly: Middleware = {
  onRequest({ request }) {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
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
