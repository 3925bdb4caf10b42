/** What stands between the events that were accepted and those that were delivered. */

import type { Model } from "@/api/types";
import { counted, exactCount } from "@/text/units";

/** Counts that the API has beside those that it declares, once it does: rows that a destination got a second time. */
type Counted = Model<"UsageCounts"> & { repeats?: number };

/**
 * What stands between accepted and delivered events, in sentences. Delivery is counted at once, acceptance every ten
 * seconds: for that long more can be delivered than accepted.
 */
export function ledgerText(totals: Counted): string[] {
  const { in_flight: inFlight = 0, set_aside: setAside = 0, repeats = 0 } = totals;
  const said: string[] = [];
  if (inFlight > 0) said.push(`${counted(inFlight, "event")} in flight: accepted, and on the way to the destination.`);
  if (inFlight < 0) {
    said.push(
      `Delivered is ahead of accepted by ${exactCount(-inFlight)}: deliveries are counted at once, accepted events every ` +
        "ten seconds. A difference that stays means that counts of accepted events were lost; no event was.",
    );
  }
  if (repeats > 0) said.push(`${counted(repeats, "event")} delivered more than once.`);
  if (setAside > 0) said.push(`${counted(setAside, "event")} set aside: the destination refused them.`);
  return said;
}
