/** Example values as text fields hold them: every value as it is written. */

import type { Model } from "@/api/types";
import { numberText, readJson, wholeNumber, Written, writeJson } from "@/text/json";
import { toKeep } from "@/text/laid_out";

export type Example = Record<string, unknown>;

type Field = Pick<Model<"SchemaField">, "type" | "format">;

/** Whether a field's values are strings, which are typed without quotes. */
export function isText({ type, format }: Field): boolean {
  return type === "STRING" || type === "DATETIME" || type === "DATE" || (type === "TIMESTAMP" && format === "rfc3339");
}

/** Whether a field's values are numbers. */
export function isNumber(field: Field): boolean {
  return NUMBERS.has(field.type) && !isText(field);
}

/** What a field shows of a value: strings as they are, everything else as JSON, nothing as nothing. */
export function textIn(field: Field, value: unknown): string {
  if (value === undefined) return "";
  return isText(field) && typeof value === "string" ? value : toKeep(writeJson(value));
}

export type Typed = { value: unknown; fault: null } | { fault: string };

/** The value that a field's text means as JSON; an empty one leaves its key out. */
export function valueFrom(field: Field, text: string): Typed {
  if (text.trim() === "") return { value: undefined, fault: null };
  let value: unknown;
  try {
    value = readJson(text);
  } catch {
    return { fault: isNumber(field) ? NUMBER_FAULT : "Must be JSON." };
  }
  if (isNumber(field) && numberText(value) === null) return { fault: NUMBER_FAULT };
  if (WHOLE.has(field.type) && wholeNumber(value) === null) return { fault: "Must be a whole number." };
  return { value, fault: null };
}

const WHOLE: ReadonlySet<string> = new Set(["INT", "TIMESTAMP"]);
const NUMBERS: ReadonlySet<string> = new Set([...WHOLE, "FLOAT"]);
const NUMBER_FAULT = "Must be a number.";

/** The value at a path; of what is the event's own, since a key may have the name of one that every object has. */
export function valueAt(example: Example, path: readonly string[]): unknown {
  let value: unknown = example;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The example with another value at a path, or without it; what is no object on the way gives way to one. */
export function withValue(example: Example, path: readonly string[], value: unknown): Example {
  const [key, ...rest] = path;
  if (key === undefined) return example;
  const inner = Object.hasOwn(example, key) && isObject(example[key]) ? example[key] : {};
  const put =
    rest.length === 0
      ? value
      : value === undefined && !isObject(example[key])
        ? undefined
        : withValue(inner, rest, value);
  if (put !== undefined) return { ...example, [key]: put };
  return Object.fromEntries(Object.entries(example).filter(([name]) => name !== key));
}

function isObject(value: unknown): value is Example {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Written);
}
