/** Whether a redrive was of what is asked for now. */

import type { Model } from "@/api/types";

export interface AskedFilter {
  code?: Model<"Fault">;
  pointer?: string;
  revision?: string;
  from?: string;
  to?: string;
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
  const isSame = (["code", "pointer", "revision"] as const).every((name) => (made[name] ?? undefined) === asked[name]);
  const [from, to] = [Date.parse(made.from), Date.parse(made.to)];
  const begins = asked.from === undefined ? from <= Date.parse(keptFrom) : from === Date.parse(asked.from);
  const ends = asked.to === undefined ? to >= Date.parse(created_at) : to === Date.parse(asked.to);
  return isSame && begins && ends;
}
