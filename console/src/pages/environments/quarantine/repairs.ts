/** Repairs as they are typed, and as the API takes them. */

import type { Model } from "@/api/types";
import { isJson, readJson, writeJson } from "@/text/json";
import { keysOf } from "@/text/pointers";

export type Repair = Model<"Repair">;
export type RepairKind = Repair["kind"];

export const MAX_REPAIRS = 20;
const MAX_KEY_CHARS = 256;

/** What each kind is called, and what it takes beside the place. */
export const KINDS: Record<RepairKind, { label: string; takes?: "to" | "value" }> = {
  number_from_text: { label: "Number from text" },
  text_from_number: { label: "Text from number" },
  datetime_from_iso: { label: "Date and time from ISO text" },
  rename_key: { label: "Rename key", takes: "to" },
  set_value: { label: "Set value", takes: "value" },
  remove_key: { label: "Remove key" },
};

/** A repair that is being typed: `argument` is the new key, or the JSON of a value. */
export interface RepairRow {
  id: number;
  kind: RepairKind;
  pointer: string;
  argument: string;
}

export interface RowFaults {
  pointer?: string;
  argument?: string;
}

export function faultsOf({ kind, pointer, argument }: RepairRow): RowFaults {
  const faults: RowFaults = {};
  if (!/^(\/([^~/]|~[01])*)+$/.test(pointer)) faults.pointer = "Write a pointer such as /items/*/price.";
  const { takes } = KINDS[kind];
  if (takes === "value" && !isJson(argument)) faults.argument = "Write JSON, with text in quotes.";
  if (takes === "to") {
    if (argument.length > MAX_KEY_CHARS) faults.argument = `Use at most ${MAX_KEY_CHARS} characters.`;
    else if (keysOf(pointer).at(-1) === argument) faults.argument = "Write another key than the pointer’s last.";
  }
  return faults;
}

/** The repairs as the API takes them; null while one of them can't be. */
export function repairsOf(rows: readonly RepairRow[]): Repair[] | null {
  const repairs = rows.map((row): Repair | null => {
    if (Object.keys(faultsOf(row)).length > 0) return null;
    const { kind, pointer, argument } = row;
    const { takes } = KINDS[kind];
    if (takes === undefined) return { kind, pointer };
    return takes === "to" ? { kind, pointer, to: argument } : { kind, pointer, value: readJson(argument) };
  });
  return repairs.every((repair) => repair !== null) ? repairs : null;
}

/** Whether a redrive had these repairs, in this order. */
export function hasRepairs(redrive: Pick<Model<"Redrive">, "repairs">, repairs: readonly Repair[]): boolean {
  const written = (rows: readonly { kind: RepairKind; pointer: string; to?: string | null; value?: unknown }[]) =>
    writeJson(rows.map(({ kind, pointer, to, value }) => [kind, pointer, to ?? null, plain(value ?? null)]));
  return written(redrive.repairs) === written(repairs);
}

/** A value whose numbers are as the API shows them: `1.50` as `1.5`. */
function plain(value: unknown): unknown {
  return JSON.parse(writeJson(value));
}

const SUGGESTED: Partial<Record<string, RepairKind>> = {
  type_int: "number_from_text",
  type_float: "number_from_text",
  type_timestamp: "number_from_text",
  type_string: "text_from_number",
  type_datetime: "datetime_from_iso",
  required: "set_value",
  unknown_key: "remove_key",
};

/** What may help the events of a group, where that is one place. */
export function suggestedFor({ code, pointer }: { code?: string; pointer?: string }): Omit<RepairRow, "id"> | null {
  const kind = code === undefined ? undefined : SUGGESTED[code];
  if (kind === undefined || pointer === undefined || pointer === "") return null;
  return { kind, pointer, argument: "" };
}

/** One repair in a few words: `Rename key /prise to price`. */
export function repairText({ kind, pointer, to, value }: Model<"ShownRepair">): string {
  const { label, takes } = KINDS[kind];
  const more = takes === undefined ? "" : ` to ${takes === "to" ? (to ?? "") : writeJson(value ?? null)}`;
  return `${label} ${pointer}${more}`;
}
