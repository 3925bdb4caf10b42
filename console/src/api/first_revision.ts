import { client } from "@/api/client";

/** Id of the draft that a new endpoint starts with; null where it can't be read. */
export async function firstRevision(endpoint_id: string): Promise<string | null> {
  const params = { path: { endpoint_id }, query: { limit: 1 } };
  const { data } = await client.GET("/v1/endpoints/{endpoint_id}/revisions", { params });
  return data?.items[0]?.id ?? null;
}
