/** What a trial has found, in words. */

import type { Model } from "@/api/types";
import { wrongWith } from "@/pages/environments/quarantine/told";
import { visible } from "@/text/laid_out";
import { exactCount, percent } from "@/text/units";

type Trial = Model<"Trial">;

/** What of a trial its first sentence is made of. */
export type Found = Pick<Trial, "looked_at" | "invalid" | "newly_invalid" | "newly_accepted" | "groups">;

export const SOURCES: Record<Trial["source"], string> = {
  delivered: "Delivered events",
  quarantine: "Events in quarantine",
  tap: "Live events that a tap keeps",
};

/** The same as choices. */
export const SOURCE_CHOICES: { value: Trial["source"]; label: string }[] = [
  { value: "delivered", label: SOURCES.delivered },
  { value: "quarantine", label: SOURCES.quarantine },
  { value: "tap", label: SOURCES.tap },
];

const UNSEEN: Record<Trial["unseen"][number], string> = {
  dropped_keys: "Keys that were dropped are not in what was delivered: a field that names one finds it nowhere.",
  filled_values: "Where a default or a macro may have given a value, nothing counts as sent.",
  protected_values: "Protected values are not known: in their places any value counts as valid.",
};

export function isOpen(trial: { state: Trial["state"] }): boolean {
  return trial.state === "queued" || trial.state === "running";
}

/** `1,190 of 50,000 events that are accepted now would be rejected, 98 % because /user/age is not a whole number.` */
export function sentenceOf(trial: Found): string {
  const { looked_at, invalid, newly_invalid, newly_accepted, groups } = trial;
  if (looked_at === 0) return "There was no event to look at.";
  const acceptedNow = looked_at - invalid + newly_invalid - newly_accepted;
  const would =
    newly_accepted > 0 || acceptedNow === 0
      ? ` ${exactCount(newly_accepted)} of those that are rejected now would be accepted.`
      : "";
  if (acceptedNow === 0) return `None of ${events(looked_at)} is accepted now.${would}`;
  const some = newly_invalid === 0 ? "None" : exactCount(newly_invalid);
  const are = acceptedNow === 1 ? "is" : "are";
  const said = `${some} of ${events(acceptedNow)} that ${are} accepted now would be rejected`;
  return `${said}${newly_invalid === 0 ? "." : because(groups, newly_invalid)}${would}`;
}

/** What can't be known, a sentence for each. */
export function unseenOf(trial: Pick<Trial, "unseen">): string[] {
  return trial.unseen.map((what) => UNSEEN[what]);
}

function events(count: number): string {
  return `${exactCount(count)} ${count === 1 ? "event" : "events"}`;
}

/** The most frequent reason, whatever the events are called. */
function because(groups: Found["groups"], newly: number): string {
  const reasons = new Map<string, { code: string; pointer: string; count: number }>();
  for (const { code, pointer, count, was } of groups) {
    if (was !== "accepted") continue;
    const key = `${code} ${pointer}`;
    reasons.set(key, { code, pointer, count: (reasons.get(key)?.count ?? 0) + count });
  }
  const [main] = [...reasons.values()].sort((one, other) => other.count - one.count);
  if (main === undefined) return ".";
  const place = main.pointer === "" ? "the event" : visible(main.pointer);
  return `, ${percent(main.count / newly)} because ${place} ${wrongWith(main.code)}`;
}

/** `whole number 47,640, text 1,167`, the most frequent first. */
export function kindsText(kinds: Model<"TrialColumn">["kinds"]): string {
  return Object.entries(kinds)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${kind} ${exactCount(count)}`)
    .join(", ");
}
