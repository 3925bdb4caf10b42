import type { components } from "@/api/schema";

/** A model of the API by its name in the OpenAPI document, such as `Model<"Endpoint">`. */
export type Model<Name extends keyof components["schemas"]> = components["schemas"][Name];

export type Role = Model<"Me">["role"];
