/** What is wrong with the events of a group, in a sentence. */

import type { Model } from "@/api/types";

/** What follows the place: `/price` … */
const WRONG: Record<Model<"Fault">, string> = {
  required: "is missing or null.",
  unknown_key: "has no field, and the revision rejects unknown fields.",
  type_string: "is not text.",
  type_int: "is not a whole number.",
  type_float: "is not a number.",
  type_boolean: "is neither true nor false.",
  type_datetime: "is not a date and time without a time zone.",
  type_timestamp: "is not a moment in its field’s format.",
  type_date: "is not a day as YYYY-MM-DD.",
  type_object: "is not an object.",
  type_array: "is not an array.",
  out_of_range: "is outside the range of its type.",
  string_too_long: "is longer than 32,000 bytes.",
  regex: "does not match its field’s pattern.",
  min_length: "has too few characters.",
  max_length: "has too many characters.",
  max_bytes: "has too many bytes.",
  format: "does not have its field’s format.",
  min_value: "is less than its field allows.",
  max_value: "is more than its field allows.",
  multiple_of: "is not a multiple of the number that its field names.",
  one_of: "is none of the values that its field allows.",
  min_items: "has too few elements.",
  max_items: "has too many elements.",
  unique_items: "holds equal elements.",
  kind: "is of a kind that its field does not allow.",
  min_properties: "has too few keys.",
  max_properties: "has too many keys.",
  not_json: "is not JSON.",
  not_an_object: "is not a JSON object.",
  event_too_large: "is too large.",
  depth: "is nested too deeply.",
};

/** The rest of a sentence that begins with the place. */
export function wrongWith(code: string): string {
  return (WRONG as Partial<Record<string, string>>)[code] ?? `has the fault ${code}.`;
}
