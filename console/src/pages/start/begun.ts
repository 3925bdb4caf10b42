import type { Model } from "@/api/types";

/** What the first step hands on: what the schema was made from, and why it became what it is. */
export interface Begun {
  revisionId: string;
  /** JSON as it was pasted. */
  sample?: string;
  inference?: Model<"Inference">;
  /** Name of the template. */
  template?: string;
}
