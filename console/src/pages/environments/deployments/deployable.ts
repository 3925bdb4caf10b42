/** What can be deployed where. */

import type { Model } from "@/api/types";
import { inForce } from "@/pages/environments/deployments/canary";

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
 * `history` has the newest first. Of a canary that runs there is none: it is promoted instead.
 */
export function offeredAgain(history: readonly Deployment[]): Set<string> {
  const seen = new Set([inForce(history)?.revision_id]);
  const offered = new Set<string>();
  for (const { id, revision_id, canary } of history) {
    if (canary?.state === "running") seen.add(revision_id);
    if (seen.has(revision_id)) continue;
    seen.add(revision_id);
    offered.add(id);
  }
  return offered;
}
