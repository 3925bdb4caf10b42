import type { Model } from "@/api/types";

/** What the first step hands on: what the schema was made from, and why it became what it is. */
export interface Begun {
  revisionId: string;
  /** The first event, as it was pasted. */
  sample?: string;
  /** All that was pasted, unless it is long. */
  text?: string;
  inference?: Model<"Inference">;
  /** Name of the template. */
  template?: string;
}

/** Characters of what was pasted that a tab keeps. */
export const LONGEST_TEXT = 200_000;
