/** What stands between the events that were accepted and those that were delivered. */

import type { Model } from "@/api/types";
import { counted, exactCount } from "@/text/units";

type Counts = Model<"UsageCounts">;

/** The share of all events that was not accepted, those over a limit included; null without any. */
export function refusedShare({ accepted = 0, rejected = 0, limited = 0 }: Counts): number | null {
  const all = accepted + rejected + limited;
  return all === 0 ? null : (rejected + limited) / all;
}

/**
 * What stands between accepted and delivered events, in sentences. Delivery is counted at once, acceptance every ten
 * seconds: for that long more can be delivered than accepted.
 */
export function ledgerText(totals: Counts): string[] {
  const { in_flight: inFlight = 0, set_aside: setAside = 0, repeats = 0 } = totals;
  const said: string[] = [];
  if (inFlight > 0) said.push(`${counted(inFlight, "event")} in flight: accepted, and on the way to the destination.`);
  if (inFlight < 0) {
    said.push(
      `Delivered is ahead of accepted by ${exactCount(-inFlight)}: deliveries are counted at once, accepted events every ` +
        "ten seconds. A difference that stays means that counts of accepted events were lost; no event was.",
    );
  }
  if (repeats > 0) said.push(`${counted(repeats, "event")} sent again and dropped by the destination as copies.`);
  if (setAside > 0) said.push(`${counted(setAside, "event")} set aside: the destination refused them.`);
  return said;
}
