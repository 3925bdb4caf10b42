import type { Model } from "@/api/types";

// The compiler asks for every code of the API, and for no other.
const EVERY_FAULT: Record<Model<"Fault">, true> = {
  required: true,
  unknown_key: true,
  type_string: true,
  type_int: true,
  type_float: true,
  type_boolean: true,
  type_datetime: true,
  type_timestamp: true,
  type_date: true,
  type_object: true,
  type_array: true,
  out_of_range: true,
  string_too_long: true,
  regex: true,
  min_length: true,
  max_length: true,
  max_bytes: true,
  format: true,
  min_value: true,
  max_value: true,
  multiple_of: true,
  one_of: true,
  min_items: true,
  max_items: true,
  unique_items: true,
  kind: true,
  min_properties: true,
  max_properties: true,
  not_json: true,
  not_an_object: true,
  event_too_large: true,
  depth: true,
};

/** What can be wrong with an event, by code. */
export const FAULTS = Object.keys(EVERY_FAULT) as Model<"Fault">[];
