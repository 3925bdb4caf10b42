/** What a diff changes where a value is read, when it is, and how it is kept: in sentences. */

import type { Model } from "@/api/types";
import { whenValuesText } from "@/pages/revisions/facts";
import type { Protect, TimestampFormat } from "@/pages/revisions/field";
import { visible } from "@/text/laid_out";

type Side = Record<string, unknown> | null;

const FORMATS: Record<TimestampFormat, string> = {
  rfc3339: "text with a time zone (RFC 3339)",
  unix_seconds: "Unix seconds",
  unix_milliseconds: "Unix milliseconds",
  unix_microseconds: "Unix microseconds",
};

const PROTECTED: Record<Protect, string> = {
  hash: "stored as a hash",
  redact: "not stored",
  ip_prefix: "stored as an IP prefix",
  email_domain: "stored as the email’s domain",
  last_4: "stored as its last 4 characters",
};

/** Properties that `inWords` speaks of. */
export const SPOKEN: ReadonlySet<string> = new Set(["when", "from", "format", "protect"]);

/** One sentence for each such property that differs, before and after; empty for a field that came or went. */
export function inWords({ path, before, after }: Pick<Model<"RevisionChangeRow">, "path" | "before" | "after">) {
  if (before === null || after === null) return [];
  const key = path.split(".").at(-1) ?? path;
  const sentences: string[] = [];
  const say = (property: string, verb: string, text: (value: unknown) => string) => {
    if (property in before || property in after) {
      sentences.push(`Before: ${verb} ${text(before[property])}. Now: ${verb} ${text(after[property])}.`);
    }
  };
  say("when", "in force", eventsText);
  say("from", "read from", (value) => visible(typeof value === "string" ? value : key));
  say("format", "sent as", (value) => FORMATS[(value as TimestampFormat | undefined) ?? "unix_seconds"]);
  say("protect", "the value is", (value) => (value === undefined ? "stored as it is" : PROTECTED[value as Protect]));
  return sentences;
}

/** `in events where /type is track`, or `in every event`. */
export function eventsText(when: unknown): string {
  return isWhen(when) ? `in events where ${whenValuesText(when)}` : "in every event";
}

/** The conditions of the root field that a path of a diff leads to, as they are now, or were. */
export function whenAt(path: string, before: Fields | undefined, after: Fields | undefined): Side {
  const [root] = path.split(".");
  const field = [after, before].map((fields) => fields?.find(({ key }) => key === root)).find(Boolean);
  return isWhen(field?.when) ? field.when : null;
}

type Fields = readonly Model<"SchemaField">[];

function isWhen(when: unknown): when is Record<string, unknown[]> {
  return typeof when === "object" && when !== null && Object.keys(when).length > 0;
}
