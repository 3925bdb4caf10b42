/** Fields that the API makes: it makes them only in a revision of its own, which is deleted at once. */

import { client } from "@/api/client";
import type { Model } from "@/api/types";

/** What a revision that is made of this body has, and what is reported of it. */
export async function madeOnce(endpointId: string, body: Model<"RevisionCreate">): Promise<Model<"CreatedRevision">> {
  const made = await client.POST("/v1/endpoints/{endpoint_id}/revisions", {
    params: { path: { endpoint_id: endpointId } },
    body,
  });
  if (made.data === undefined) throw made.error;
  const { id, name } = made.data;
  const { error } = await client.DELETE("/v1/revisions/{revision_id}", {
    params: { path: { revision_id: id }, query: { confirm: name } },
  });
  if (error !== undefined) throw error;
  return made.data;
}
