/** The keys of one event that no field reads, as far as it says so. */

import type { Model } from "@/api/types";
import type { TappedEvent } from "@/pages/environments/live/feed";
import { canBeField } from "@/pages/revisions/unknown_field";
import { readJson, wholeNumber, numberText } from "@/text/json";
import { keysOf } from "@/text/pointers";

/** A key with the JSON kind of its value. */
export type UnknownKey = Pick<Model<"UnknownKey">, "pointer" | "kinds">;

type Kind = UnknownKey["kinds"][number];

type Told = Pick<Model<"DryRunRow">, "dropped">;
type Event = Pick<TappedEvent, "raw" | "errors" | "stored">;

/**
 * Keys that were dropped, kept under `_extra` or are why the event was rejected, each with a place that a field can
 * read: not within an array.
 */
export function unknownKeysOf(event: Event, told: Told | undefined): UnknownKey[] {
  const extra: unknown = event.stored?._extra;
  const rejected = event.errors.filter(({ code }) => code === "unknown_key").map(({ pointer }) => pointer);
  const kept = typeof extra === "object" && extra !== null ? Object.keys(extra) : [];
  const pointers = new Set([...(told?.dropped ?? []), ...kept, ...rejected]);
  const sent = event.raw === null ? undefined : whatIsSent(event.raw);
  return [...pointers].flatMap((pointer) => {
    const value = pointer !== "" && canBeField(pointer) ? valueAt(sent, keysOf(pointer)) : undefined;
    return value === undefined ? [] : [{ pointer, kinds: [kindOf(value)] }];
  });
}

function whatIsSent(raw: string): unknown {
  try {
    return readJson(raw);
  } catch {
    return undefined;
  }
}

/** The value below objects alone; undefined where there is none. */
function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null || Array.isArray(found) || !Object.hasOwn(found, key)) {
      return undefined;
    }
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (numberText(value) !== null) return wholeNumber(value) === null ? "number" : "integer";
  if (typeof value === "object") return "object";
  return typeof value === "boolean" ? "boolean" : "string";
}
