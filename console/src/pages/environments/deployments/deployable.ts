/** What can be deployed where. */

import type { Model } from "@/api/types";

type Revision = Model<"Revision">;
type Deployment = Model<"Deployment">;

/** The finalised revisions that an environment does not run, the newest first. */
export function otherRevisions(revisions: readonly Revision[], running: string): Revision[] {
  return revisions.filter(({ id, state }) => state === "finalised" && id !== running).toReversed();
}

/** Whether a revision was made before another; `revisions` are in the order in which they were made. */
export function isOlder(revisions: readonly Revision[], id: string, than: string): boolean {
  const place = (wanted: string) => revisions.findIndex((revision) => revision.id === wanted);
  return place(id) < place(than);
}

/**
 * The deployments that offer theirs again, by id: of each revision that does not run the newest.
 *
 * `history` has the newest first, which is the one that runs.
 */
export function offeredAgain(history: readonly Deployment[]): Set<string> {
  const seen = new Set(history.slice(0, 1).map(({ revision_id }) => revision_id));
  const offered = new Set<string>();
  for (const { id, revision_id } of history) {
    if (seen.has(revision_id)) continue;
    seen.add(revision_id);
    offered.add(id);
  }
  return offered;
}
