/** What a new revision is made from, as the API takes it. */

import type { Model } from "@/api/types";

export type Source = "blank" | "clone" | "template" | "json_schema" | "samples";

interface Given {
  name: string;
  choice: string | null;
  text: string;
}

/** The body of the request, or what is wrong with the text. */
export function bodyOf(source: Source, { name, choice, text }: Given): Model<"RevisionCreate"> | string {
  const named = name === "" ? {} : { name };
  switch (source) {
    case "blank":
      return named;
    case "clone":
      return { ...named, clone_of: choice ?? "" };
    case "template":
      return choice === "user_tracking" || choice === "error_tracking"
        ? { ...named, template: choice }
        : "Choose a template.";
    case "json_schema": {
      const schema = parsed(text);
      return isObject(schema) ? { ...named, json_schema: schema } : "Must be a JSON object.";
    }
    case "samples": {
      const samples = samplesOf(text);
      return samples === null ? "Must be a JSON object, an array of them, or one a line." : { ...named, samples };
    }
  }
}

/** The events of a text: one object, an array, or one a line; null if it is none of these. */
export function samplesOf(text: string): Record<string, unknown>[] | null {
  const whole = parsed(text);
  const values =
    whole === undefined
      ? text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map(parsed)
      : Array.isArray(whole)
        ? (whole as unknown[])
        : [whole];
  return values.length > 0 && values.every(isObject) ? values : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
