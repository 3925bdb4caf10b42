import type { Model } from "@/api/types";

export type AlertModel = Model<"Alert">;
export type Kind = AlertModel["kind"];
export type Target = Model<"AlertTarget">;
export type Setting = "percent" | "minutes" | "min_events" | "days";

interface KindWords {
  /** What an alert of the kind is called that has no name. */
  title: string;
  /** Its settings with their defaults, in the order in which a form asks for them. */
  settings: Partial<Record<Setting, number>>;
  /** When it tells, in one sentence. */
  sentence: (settings: Record<Setting, number>) => string;
}

export const KINDS: Record<Kind, KindWords> = {
  rejected_share: {
    title: "Rejected events",
    settings: { percent: 5, minutes: 10, min_events: 10 },
    sentence: ({ percent, minutes, min_events: least }) =>
      `Tell me when more than ${percent} % are rejected for ${minutesOf(minutes)}, of ${least} ${least === 1 ? "event" : "events"} or more.`,
  },
  silence: {
    title: "No events",
    settings: { minutes: 30 },
    sentence: ({ minutes }) =>
      `Tell me when no event arrives for ${minutesOf(minutes)}, and some did at the same hour of the day before.`,
  },
  new_code_or_key: {
    title: "New error code or unknown key",
    settings: { minutes: 60 },
    sentence: ({ minutes }) =>
      `Tell me when an error code or an unknown key comes for the first time. It recovers after ${minutesOf(minutes)} without a new one.`,
  },
  delivery_delay: {
    title: "Late delivery",
    settings: { minutes: 30 },
    sentence: ({ minutes }) => `Tell me when events are not delivered ${minutesOf(minutes)} after they were accepted.`,
  },
  plan_use: {
    title: "Plan used",
    settings: { percent: 80 },
    sentence: ({ percent }) => `Tell me when ${percent} % of this month’s plan are used.`,
  },
  certificate_expiry: {
    title: "Certificate expires",
    settings: { days: 14 },
    sentence: ({ days }) =>
      `Tell me when the certificate of the custom domain expires in fewer than ${days} ${days === 1 ? "day" : "days"}.`,
  },
};

export const KIND_IDS = Object.keys(KINDS) as Kind[];
export const KIND_CHOICES = KIND_IDS.map((id) => ({ value: id, label: KINDS[id].title }));

interface SettingWords {
  label: string;
  min: number;
  max: (kind: Kind) => number;
  decimals: number;
  suffix: string;
}

export const SETTINGS: Record<Setting, SettingWords> = {
  percent: { label: "Limit", min: 0.1, max: () => 100, decimals: 1, suffix: " %" },
  minutes: {
    label: "Minutes",
    min: 1,
    max: (kind) => (kind === "rejected_share" || kind === "silence" ? 120 : 1440),
    decimals: 0,
    suffix: "",
  },
  min_events: { label: "Minimum events", min: 1, max: () => 1_000_000, decimals: 0, suffix: "" },
  days: { label: "Days", min: 1, max: () => 90, decimals: 0, suffix: "" },
};

/** The settings that a kind has, in order. */
export function settingsOf(kind: Kind): Setting[] {
  return Object.keys(KINDS[kind].settings) as Setting[];
}

/** The settings of a kind as they are by default, and whatever else is given. */
export function withDefaults(kind: Kind, given: Partial<Record<Setting, number | null>> = {}): Record<Setting, number> {
  const all = { percent: 0, minutes: 0, min_events: 0, days: 0, ...KINDS[kind].settings };
  for (const name of settingsOf(kind)) all[name] = given[name] ?? all[name];
  return all;
}

/** What an alert is called. */
export function titleOf({ name, kind }: Pick<AlertModel, "name" | "kind">): string {
  return name ?? KINDS[kind].title;
}

/** When an alert tells, in one sentence. */
export function sentenceOf(alert: Pick<AlertModel, "kind" | Setting>): string {
  return KINDS[alert.kind].sentence(withDefaults(alert.kind, alert));
}

export const TARGET_KINDS: Record<Target["kind"], { title: string; hint: string }> = {
  email: { title: "E-mail", hint: "The address is asked first whether it wants these mails." },
  slack: { title: "Slack, or what imitates it", hint: "The address of an incoming webhook. It is kept as a secret." },
  webhook: { title: "Signed webhook", hint: "JSON, signed as Standard Webhooks have it." },
};

export const TARGET_KIND_IDS = Object.keys(TARGET_KINDS) as Target["kind"][];
export const TARGET_KIND_CHOICES = TARGET_KIND_IDS.map((id) => ({ value: id, label: TARGET_KINDS[id].title }));

/** Where a target's messages go. */
export function placeOf({ kind, email, url }: Pick<Target, "kind" | "email" | "url">): string {
  return (kind === "email" ? email : url) ?? "";
}

type Told = Model<"Told">;

/** What became of the last message to a target. */
export function toldOf({ message, status, tries }: Pick<Told, "message" | "status" | "tries">): string {
  if (message === null || status === null) return "nothing yet";
  const what = message === "firing" ? "that it fires" : "that it recovered";
  switch (status) {
    case "sent":
      return `told ${what}`;
    case "due":
      return tries === 0 ? `will be told ${what}` : `will be told ${what}: not reached so far`;
    case "sending":
      return `is being told ${what}`;
    case "failed":
      return `could not be told ${what}`;
    case "unknown":
      return `may have been told ${what}`;
  }
}

function minutesOf(minutes: number): string {
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}
