/** Whether a redrive was of what is asked for now, with the same repairs. */

import type { Model } from "@/api/types";
import { hasRepairs, type Repair } from "@/pages/environments/quarantine/repairs";

export interface AskedFilter {
  code?: Model<"Fault">;
  pointer?: string;
  event_name?: string;
  revision?: string;
  from?: string;
  to?: string;
}

/**
 * Find the dry run that tells what a redrive under a revision would do now: a redrive since has sent some of its events.
 *
 * @param redrives the newest first
 */
export function dryRunOf<Row extends Model<"Redrive">>(
  redrives: readonly Row[],
  revisionId: string,
  asked: AskedFilter,
  keptFrom: string | undefined,
  repairs: readonly Repair[] = [],
): Row | undefined {
  if (keptFrom === undefined) return undefined;
  const sent = redrives.findIndex((row) => !row.dry_run && (row.sent > 0 || isUnderWay(row)));
  return redrives
    .slice(0, sent === -1 ? undefined : sent)
    .find(
      (row) =>
        row.dry_run &&
        row.state === "done" &&
        row.revision_id === revisionId &&
        isOf(row, asked, keptFrom) &&
        hasRepairs(row, repairs),
    );
}

/** Whether a redrive has sent events under a revision that was not deployed then, and nothing was deployed since. */
export function isToBeDeployed(
  redrive: Pick<Model<"Redrive">, "dry_run" | "state" | "sent" | "revision_id" | "created_at">,
  environment: Pick<Model<"Environment">, "revision_id" | "deployed_at">,
): boolean {
  const hasSent = !redrive.dry_run && redrive.state === "done" && redrive.sent > 0;
  const isNewer = Date.parse(redrive.created_at) > Date.parse(environment.deployed_at);
  return hasSent && isNewer && redrive.revision_id !== environment.revision_id;
}

export function isUnderWay({ state }: Pick<Model<"Redrive">, "state">): boolean {
  return state === "queued" || state === "running";
}

/**
 * Say whether a redrive went through what a filter names. An open first day means all that is kept, which now begins at
 * `keptFrom`; an open last one, all that had come when the redrive was made.
 */
export function isOf(
  redrive: Pick<Model<"Redrive">, "filter" | "created_at">,
  asked: AskedFilter,
  keptFrom: string,
): boolean {
  const { filter: made, created_at } = redrive;
  const isSame = (["code", "pointer", "event_name", "revision"] as const).every(
    (name) => (made[name] ?? undefined) === asked[name],
  );
  const [from, to] = [Date.parse(made.from), Date.parse(made.to)];
  const begins = asked.from === undefined ? from <= Date.parse(keptFrom) : from === Date.parse(asked.from);
  const ends = asked.to === undefined ? to >= Date.parse(created_at) : to === Date.parse(asked.to);
  return isSame && begins && ends;
}
