/** Readers of what stands in an address: anything else than what is meant counts as not there. */

import { isDay } from "@/time/periods";

export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A day of the calendar, such as `2026-11-25`. */
export function day(value: unknown): string | undefined {
  return typeof value === "string" && isDay(value) ? value : undefined;
}

/** An id as the API makes them. */
export function id(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z0-9_]{1,64}$/.test(value) ? value : undefined;
}

export function oneOf<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === value);
}

/** A whole number from 1. */
export function page(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number > 1 ? number : undefined;
}

export function flag(value: unknown): true | undefined {
  return value === true || value === "true" ? true : undefined;
}

/** A list of texts, none of them empty. */
export function texts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.flatMap((part) => text(part) ?? []);
  return found.length > 0 ? found : undefined;
}
