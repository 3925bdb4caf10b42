import type { Model } from "@/api/types";
import type { Event } from "@/text/samples";

/** What the first step hands on: the sample, and why the schema was inferred from it as it was. */
export interface Begun {
  revisionId: string;
  sample: Event;
  inference: Model<"Inference"> | undefined;
}
