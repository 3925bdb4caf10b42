/** The first step's requests: one endpoint and one draft, however often it is gone back to. */

import { client } from "@/api/client";
import { firstRevision } from "@/api/first_revision";
import type { Model } from "@/api/types";
import type { TemplateName } from "@/components/TemplateSelect";
import { written } from "@/pages/revisions/sources";
import type { Written } from "@/text/json";

/** What the first step made before. */
export interface Earlier {
  endpointId: string;
  name: string;
  draftId: string | null;
}

export type Source = { samples: Written[] } | { template: TemplateName };

/**
 * Make the draft; what it takes the place of is deleted, so that no empty one stays behind.
 *
 * `onEndpoint` hears of the endpoint as soon as it is there: a second attempt, after the samples were refused, goes on
 * with it.
 */
export async function makeDraft(
  earlier: Earlier | null,
  name: string,
  source: Source,
  onEndpoint: (made: Earlier) => void,
): Promise<Model<"CreatedRevision">> {
  const known = earlier ?? (await createEndpoint(name));
  if (known.name !== name) await rename(known.endpointId, name);
  onEndpoint({ ...known, name });
  const params = { path: { endpoint_id: known.endpointId } };
  const body = "samples" in source ? { samples: source.samples.map(written) } : source;
  const { data, error } = await client.POST("/v1/endpoints/{endpoint_id}/revisions", { params, body });
  if (data === undefined) throw error;
  if (known.draftId !== null) await replace(known.draftId, data.id);
  return data;
}

async function createEndpoint(name: string): Promise<Earlier> {
  const { data, error } = await client.POST("/v1/endpoints", { body: { name } });
  if (data === undefined) throw error;
  return { endpointId: data.id, name, draftId: await firstRevision(data.id) };
}

async function rename(endpoint_id: string, name: string): Promise<void> {
  const { error } = await client.PATCH("/v1/endpoints/{endpoint_id}", {
    params: { path: { endpoint_id } },
    body: { name },
  });
  if (error !== undefined) throw error;
}

/** Deletes the old draft and gives its name to the new one. Where it can't, the new one is there all the same. */
async function replace(oldId: string, newId: string): Promise<void> {
  const path = { revision_id: oldId };
  const { data: old } = await client.GET("/v1/revisions/{revision_id}", { params: { path } });
  if (old?.state !== "draft") return;
  const gone = await client.DELETE("/v1/revisions/{revision_id}", { params: { path, query: { confirm: old.name } } });
  if (gone.error !== undefined) return;
  await client.PATCH("/v1/revisions/{revision_id}", {
    params: { path: { revision_id: newId } },
    body: { name: old.name },
  });
}
