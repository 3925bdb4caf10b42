/** What a new revision is made from, as the API takes it. */

import type { Model } from "@/api/types";
import { samplesFrom } from "@/text/samples";

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
      const { events, fault } = samplesFrom(text);
      return events === null ? fault : { ...named, samples: events };
    }
  }
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
