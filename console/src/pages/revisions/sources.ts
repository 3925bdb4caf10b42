/** What a new revision is made from, as the API takes it. */

import type { Model } from "@/api/types";
import type { TemplateName } from "@/components/TemplateSelect";
import { isJson, Written } from "@/text/json";
import { samplesFrom } from "@/text/samples";

export type Source = "blank" | "clone" | "template" | "json_schema" | "samples";

interface Given {
  name: string;
  /** Id of the revision to clone. */
  choice: string | null;
  template: TemplateName | null;
  /** Of a template: a typed plan, or nothing. */
  plan: string;
  text: string;
  /** Pointers at which samples say of which kind of event they are. */
  kindsBy: string[];
}

/** The body of the request, or what is wrong with the text. */
export function bodyOf(
  source: Source,
  { name, choice, template, plan, text, kindsBy }: Given,
): Model<"RevisionCreate"> | string {
  const named = name === "" ? {} : { name };
  switch (source) {
    case "blank":
      return named;
    case "clone":
      return { ...named, clone_of: choice ?? "" };
    case "template":
      if (template === null) return "Choose a template.";
      if (plan.trim() === "") return { ...named, template };
      return isObject(plan)
        ? { ...named, template, plan: plannedAs(plan) }
        : "Must be a JSON object: by each event’s name a JSON Schema or an array of samples.";
    case "json_schema":
      // As it was written: a browser would round a bound such as 2^63 - 1.
      return isObject(text) ? { ...named, json_schema: written(new Written(text.trim())) } : "Must be a JSON object.";
    case "samples": {
      const { events, fault } = samplesFrom(text);
      return events === null
        ? fault
        : { ...named, samples: events.map(written), ...(kindsBy.length === 0 ? {} : { kinds_by: kindsBy }) };
    }
  }
}

/** Whether a text is one JSON object. */
export function isObject(text: string): boolean {
  return text.trim().startsWith("{") && isJson(text.trim());
}

/** A plan as it was written. */
function plannedAs(text: string): NonNullable<Model<"RevisionCreate">["plan"]> {
  return new Written(text.trim()) as unknown as NonNullable<Model<"RevisionCreate">["plan"]>;
}

/** A text in the place of the object that it is: the client writes it as it stands. */
export function written(object: Written): Record<string, unknown> {
  return object as unknown as Record<string, unknown>;
}
