/** What a new revision is made from, as the API takes it. */

import type { Model } from "@/api/types";
import { isJson, Written } from "@/text/json";
import { samplesFrom } from "@/text/samples";

export type Source = "blank" | "clone" | "template" | "json_schema" | "samples";

interface Given {
  name: string;
  choice: string | null;
  text: string;
  /** Pointers at which samples say of which kind of event they are. */
  kindsBy: string[];
}

/** The body of the request, or what is wrong with the text. */
export function bodyOf(source: Source, { name, choice, text, kindsBy }: Given): Model<"RevisionCreate"> | string {
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
    case "json_schema":
      // As it was written: a browser would round a bound such as 2^63 - 1.
      return text.trim().startsWith("{") && isJson(text.trim())
        ? { ...named, json_schema: written(new Written(text.trim())) }
        : "Must be a JSON object.";
    case "samples": {
      const { events, fault } = samplesFrom(text);
      return events === null
        ? fault
        : { ...named, samples: events.map(written), ...(kindsBy.length === 0 ? {} : { kinds_by: kindsBy }) };
    }
  }
}

/** A text in the place of the object that it is: the client writes it as it stands. */
export function written(object: Written): Record<string, unknown> {
  return object as unknown as Record<string, unknown>;
}
