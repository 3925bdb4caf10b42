/** Unsaved work on a draft, kept in the tab: it comes back after a reload, a sign-in or a way round. */

import type { Model } from "@/api/types";
import type { SchemaField } from "@/pages/revisions/field";
import { readJson, writeJson } from "@/text/json";

export interface Kept {
  version: number;
  base: readonly SchemaField[];
  fields: readonly SchemaField[];
}

const PREFIX = "ingest-endpoints.draft.";

export function keep(revisionId: string, work: Kept): void {
  try {
    sessionStorage.setItem(PREFIX + revisionId, writeJson(work));
  } catch {
    // Storage is full or forbidden: the page itself still guards what is unsaved.
  }
}

export function forgetKept(revisionId: string): void {
  sessionStorage.removeItem(PREFIX + revisionId);
}

/** What was kept of a draft; a save by someone else in between shows at the next save, as it would have without. */
export function readKept(revision: Model<"Revision">): Kept | null {
  const text = revision.state === "draft" ? sessionStorage.getItem(PREFIX + revision.id) : null;
  if (text === null) return null;
  try {
    const work = readJson(text) as Partial<Kept>;
    return Array.isArray(work.fields) && Array.isArray(work.base) && typeof work.version === "number"
      ? { version: work.version, base: work.base as SchemaField[], fields: work.fields as SchemaField[] }
      : null;
  } catch {
    return null;
  }
}
