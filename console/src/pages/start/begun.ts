import type { Model } from "@/api/types";

/** What the first step hands on: the sample, and why the schema was inferred from it as it was. */
export interface Begun {
  revisionId: string;
  /** JSON as it was pasted. */
  sample: string;
  inference: Model<"Inference"> | undefined;
}
