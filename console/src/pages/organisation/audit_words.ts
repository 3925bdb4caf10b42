import type { Model } from "@/api/types";

export type Entry = Model<"AuditEntry">;

interface Words {
  /** What the filter calls it. */
  title: string;
  /** What comes between the person and the name of what they changed. */
  verb: string | ((entry: Entry) => string);
  /** What comes after the name. */
  rest?: (entry: Entry) => string;
  /** The verb says it all: what was changed has no name that means anything to a reader. */
  nameless?: true;
}

/** A text that an entry holds, before or after. */
function told(state: Entry["before"], name: string): string | undefined {
  const value = state?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** "renamed" with both names where the name is what changed, "changed" otherwise. */
function changed(title: string, thing: string): Words {
  const isRenamed = ({ before, after }: Entry) =>
    told(before, "name") !== undefined && told(after, "name") !== undefined;
  return {
    title,
    verb: (entry) => `${isRenamed(entry) ? "renamed" : "changed"} ${thing}`,
    rest: (entry) => (isRenamed(entry) ? ` to ${told(entry.after, "name")}` : ""),
  };
}

/** Of an environment in the log of its organisation, of an object of its own in the operator's. */
function read(title: string, one: string, of: string): Words {
  return { title, verb: ({ subject }) => `read ${subject.type === "environment" ? of : one}` };
}

/** A word for every action of the log; a test holds that none is missing. */
export const AUDIT_WORDS: Record<string, Words> = {
  "endpoint.create": { title: "Endpoint created", verb: "created endpoint" },
  "endpoint.change": changed("Endpoint renamed", "endpoint"),
  "endpoint.delete": { title: "Endpoint deleted", verb: "deleted endpoint" },
  "environment.create": { title: "Environment created", verb: "created environment" },
  "environment.change": changed("Environment changed", "environment"),
  "environment.deploy": {
    title: "Revision deployed",
    verb: ({ after }) => `deployed ${told(after, "revision_name") ?? "a revision"} to`,
  },
  "environment.canary": {
    title: "Canary started",
    verb: ({ after }) => `deployed ${told(after, "revision_name") ?? "a revision"} as a canary to`,
  },
  "environment.promote": {
    title: "Canary promoted",
    verb: ({ after }) => `promoted the canary ${told(after, "revision_name") ?? "of a revision"} in`,
  },
  "environment.abort": {
    title: "Canary aborted",
    verb: ({ after }) => `aborted the canary ${told(after, "revision_name") ?? "of a revision"} in`,
  },
  "environment.delete": { title: "Environment deleted", verb: "deleted environment" },
  "custom_domain.set": {
    title: "Custom domain set",
    verb: ({ after }) => `set ${told(after, "domain") ?? "a custom domain"} as the domain of`,
  },
  "custom_domain.delete": {
    title: "Custom domain deleted",
    verb: ({ before }) => `deleted the domain ${told(before, "domain") ?? ""}`.trimEnd() + " of",
  },
  "destination.try": { title: "Destination tried", verb: "tried a destination", nameless: true },
  "destination.check": { title: "Destination checked", verb: "checked the destination of" },
  "revision.create": { title: "Revision created", verb: "created revision" },
  "revision.change": changed("Revision changed", "revision"),
  "revision.fields": { title: "Fields changed", verb: "changed the fields of revision" },
  "revision.finalise": { title: "Revision finalised", verb: "finalised revision" },
  "revision.delete": { title: "Revision deleted", verb: "deleted revision" },
  "quarantine.read": { title: "Quarantine read", verb: "read quarantined events of" },
  "redrive.create": {
    title: "Redrive started",
    verb: ({ after }) => (after?.dry_run === true ? "started a redrive as a dry run" : "started a redrive"),
    nameless: true,
  },
  "redrive.cancel": { title: "Redrive cancelled", verb: "cancelled a redrive", nameless: true },
  "trial.create": {
    title: "Trial started",
    verb: ({ after }) => {
      const [revision, environment] = [told(after, "revision_name"), told(after, "environment_name")];
      return `tried ${revision ?? "a revision"} on events of ${environment ?? "an environment"}`;
    },
    nameless: true,
  },
  "trial.cancel": {
    title: "Trial cancelled",
    verb: ({ after }) => `cancelled a trial of ${told(after, "revision_name") ?? "a revision"}`,
    nameless: true,
  },
  "tap.create": { title: "Tap started", verb: "started a tap on" },
  "tap.read": { title: "Live events read", verb: "read live events of" },
  "tap.delete": { title: "Tap deleted", verb: "deleted a tap on" },
  "alert.create": { title: "Alert created", verb: "created alert" },
  "alert.change": changed("Alert changed", "alert"),
  "alert.delete": { title: "Alert deleted", verb: "deleted alert" },
  "alert.test": { title: "Alert tested", verb: "sent a test of alert" },
  "alert_target.create": { title: "Target created", verb: "created target" },
  "alert_target.change": changed("Target changed", "target"),
  "alert_target.rotate_secret": { title: "Target’s secret replaced", verb: "replaced the secret of target" },
  "alert_target.delete": { title: "Target deleted", verb: "deleted target" },
  "alert_target.test": { title: "Target tested", verb: "sent a test to target" },
  "member.invite": { title: "Member invited", verb: "invited" },
  "member.accept": { title: "Invitation accepted", verb: "accepted the invitation", nameless: true },
  "member.decline": { title: "Invitation declined", verb: "declined the invitation", nameless: true },
  "member.change": {
    title: "Role changed",
    verb: "changed the role of",
    rest: ({ after }) => (told(after, "role") === undefined ? "" : ` to ${told(after, "role")}`),
  },
  "member.remove": { title: "Member removed", verb: "removed" },
  "token.create": { title: "Token created", verb: "created token" },
  "token.delete": { title: "Token deleted", verb: "deleted token" },
  "organisation.create": { title: "Organisation created", verb: "created organisation" },
  "organisation.change": changed("Organisation changed", "organisation"),
  "dead_letter.read": read("Dead letter read", "dead letter", "a dead letter of"),
  "dead_letters.send_again": { title: "Dead letters sent again", verb: "sent dead letters again from the queue" },
  "set_aside.read": read("Set-aside events read", "set-aside events in", "set-aside events of"),
  "set_aside.redrive": { title: "Set-aside events sent again", verb: "sent set-aside events again", nameless: true },
};

const FAMILIES: Record<string, string> = {
  endpoint: "Endpoints",
  environment: "Environments",
  custom_domain: "Custom domains",
  destination: "Destinations",
  revision: "Revisions",
  quarantine: "Quarantine",
  redrive: "Redrives",
  trial: "Trials",
  tap: "Taps",
  alert: "Alerts",
  alert_target: "Targets of alerts",
  member: "Members",
  token: "Tokens",
  organisation: "Organisations",
  dead_letter: "Reads of dead letters",
  dead_letters: "Dead letters",
  set_aside: "Set-aside events",
};

/** The actions by family, each with a choice for the family as a whole where it has more than one. */
export function actionChoices() {
  return Object.entries(FAMILIES).map(([family, group]) => {
    const items = Object.entries(AUDIT_WORDS).flatMap(([action, { title }]) =>
      action.startsWith(`${family}.`) ? { value: action, label: title } : [],
    );
    return { group, items: items.length > 1 ? [{ value: family, label: `${group}: all` }, ...items] : items };
  });
}

/** What an entry is about: whose page a reader wants to see. */
export interface Subject {
  type: string;
  id: string;
  name?: string | undefined;
  endpoint_id?: string | undefined;
}

export interface Sentence {
  who: string;
  verb: string;
  /** Null where the verb says it all. */
  name: string | null;
  rest: string;
  subject: Subject;
}

/** What the entries that are loaded know of what others of them are about. */
export interface Known {
  names: ReadonlyMap<string, string>;
  endpoints: ReadonlyMap<string, string>;
  /** Ids of what is deleted since. */
  gone: ReadonlySet<string>;
}

const ENDS = /\.(delete|remove|decline)$/;

export function knownFrom(entries: readonly Entry[], named: readonly { id: string; name: string }[]): Known {
  const names = new Map(named.map(({ id, name }) => [id, name]));
  const endpoints = new Map<string, string>();
  const gone = new Set<string>();
  for (const entry of entries) {
    const { id, endpoint_id } = entry.subject;
    const name = told(entry.after, "name") ?? ownName(entry);
    if (name !== undefined && !names.has(id)) names.set(id, name); // the newest comes first
    const endpoint = endpoint_id ?? told(entry.after, "endpoint_id") ?? told(entry.before, "endpoint_id");
    if (endpoint !== undefined) endpoints.set(id, endpoint);
    if (ENDS.test(entry.action) && !entry.action.startsWith("custom_domain.")) gone.add(id);
  }
  return { names, endpoints, gone };
}

/** An entry as a sentence: who, what they did, and to what. */
export function sentenceOf(entry: Entry, known: Known): Sentence {
  const words = AUDIT_WORDS[entry.action];
  const verb = words?.verb ?? entry.action;
  const subject = subjectOf(entry, known);
  return {
    who: entry.actor.name,
    verb: typeof verb === "string" ? verb : verb(entry),
    name: words?.nameless ? null : (subject.name ?? subject.id),
    rest: words?.rest?.(entry) ?? "",
    subject,
  };
}

export function textOf({ who, verb, name, rest }: Sentence): string {
  return `${who} ${verb}${name === null ? "" : ` ${name}`}${rest}`;
}

/** Names of the fields that differ; none where a thing came or went as a whole. */
export function changedFields({ before, after }: Entry, write: (value: unknown) => string): string[] {
  if (before === null || after === null) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => said(before[name], write) !== said(after[name], write));
}

function said(value: unknown, write: (value: unknown) => string): string {
  return value === undefined ? "" : write(value);
}

/** A tap has no page and no name: it is about its environment. */
function subjectOf(entry: Entry, known: Known): Subject {
  const { subject } = entry;
  const watched = told(entry.after ?? entry.before, "environment_id");
  const isTap = subject.type === "tap" && watched !== undefined;
  const { type, id } = isTap ? { type: "environment", id: watched } : subject;
  return {
    type,
    id,
    name: (isTap ? undefined : ownName(entry)) ?? known.names.get(id),
    endpoint_id: subject.endpoint_id ?? known.endpoints.get(id),
  };
}

/** The name at that time; of what was renamed, the one before. */
function ownName({ subject, before, after }: Entry): string | undefined {
  if (told(before, "name") !== undefined) return told(before, "name");
  return subject.name ?? told(after, "name") ?? told(before, "email") ?? told(after, "email");
}
