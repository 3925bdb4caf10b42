import { changedFields, sentenceOf, textOf, type Entry, type Known } from "@/pages/organisation/audit_words";
import { csvText } from "@/text/csv";
import { writeJson } from "@/text/json";

const HEAD = ["at", "who", "what", "action", "subject_type", "subject_id", "changed", "token_id", "source_ip"];

/** The entries as a table, one a line, in the order given. */
export function auditCsv(entries: readonly Entry[], known: Known): string {
  const rows = entries.map((entry) => [
    entry.at,
    entry.actor.name,
    textOf(sentenceOf(entry, known)),
    entry.action,
    entry.subject.type,
    entry.subject.id,
    changedFields(entry, writeJson).join(" "),
    entry.actor.token_id ?? "",
    entry.source_ip,
  ]);
  return csvText([HEAD, ...rows]);
}
