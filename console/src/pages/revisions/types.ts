/** The types as people choose them: by use, each with an example of what is sent. */

import type { DataType, Protect, TimestampFormat } from "@/pages/revisions/field";

export const TYPE_GROUPS: readonly { group: string; types: readonly DataType[] }[] = [
  { group: "Values", types: ["STRING", "INT", "FLOAT", "BOOLEAN"] },
  { group: "Dates and times", types: ["TIMESTAMP", "DATETIME", "DATE"] },
  { group: "Nested", types: ["OBJECT", "ARRAY_OBJECT"] },
  { group: "Free form", types: ["JSON", "ARRAY_JSON"] },
  {
    group: "Lists",
    types: [
      "ARRAY_STRING",
      "ARRAY_INT",
      "ARRAY_FLOAT",
      "ARRAY_BOOLEAN",
      "ARRAY_TIMESTAMP",
      "ARRAY_DATETIME",
      "ARRAY_DATE",
    ],
  },
];

export const TYPE_EXAMPLES: Record<DataType, string> = {
  STRING: '"checkout"',
  INT: "42",
  FLOAT: "59.9",
  BOOLEAN: "true",
  DATETIME: '"2026-11-25 09:30:00", without a time zone',
  TIMESTAMP: 'a moment: 1764063000 or "2026-11-25T09:30:00Z"',
  DATE: '"2026-11-25"',
  JSON: "any JSON, stored as it is",
  OBJECT: '{"city": "Oslo"}, with fields of its own',
  ARRAY_OBJECT: '[{"sku": "mug"}, …], with fields of its own',
  ARRAY_STRING: '["red", "blue"]',
  ARRAY_INT: "[1, 2]",
  ARRAY_FLOAT: "[0.5, 2]",
  ARRAY_BOOLEAN: "[true, false]",
  ARRAY_DATETIME: '["2026-11-25 09:30:00"]',
  ARRAY_TIMESTAMP: "[1764063000]",
  ARRAY_DATE: '["2026-11-25"]',
  ARRAY_JSON: "an array of any JSON",
};

export const TIMESTAMP_FORMATS: Record<TimestampFormat, string> = {
  rfc3339: "Text with a time zone: 2026-11-25T09:30:00Z",
  unix_seconds: "Unix seconds: 1764063000",
  unix_milliseconds: "Unix milliseconds: 1764063000000",
  unix_microseconds: "Unix microseconds: 1764063000000000",
};

/** What is stored in the place of a protected value. */
export const PROTECTIONS: Record<Protect, string> = {
  hash: "Hash: equal values stay equal, and can’t be read",
  redact: "Redact: the value is not stored",
  ip_prefix: "IP prefix: 192.0.2.0/24",
  email_domain: "Email domain: example.com",
  last_4: "Last 4 characters: ****1234",
};
