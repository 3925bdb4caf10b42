/** Where in a form the API's faults belong. */

import type { FieldFault, Failure } from "@/api/problem";

/** What is left of a failure once its faults stand at fields. */
export interface Placed {
  /** Messages by the path of the field. */
  atFields: ReadonlyMap<string, string>;
  /** Without a message, if all of it stands at fields. */
  left: Failure;
}

/** Fields of a form that stand for others of a request: `destination.workload_identity` is typed as its credentials. */
export type Stands = Readonly<Record<string, string>>;

/** What a name that is taken may be typed as. */
const NAMES = ["name", "email"];

/** What stands above a form of which fields are marked. */
export const MARKED = "Fix the fields marked below.";
const LISTED = "Fix these faults first:";

/**
 * Find the nearest field that contains each fault: `/destination/credentials/private_key` is shown at
 * `destination.credentials`, naming the rest. A name that is taken belongs to the field of the name.
 */
export function placeFaults(failure: Failure, isField: (path: string) => boolean, stands: Stands = {}): Placed {
  const taken = failure.code === "name_taken" && failure.faults.length === 0 ? NAMES.find(isField) : undefined;
  const faults =
    taken === undefined ? failure.faults : [{ pointer: `/${taken}`, code: failure.code, message: failure.message }];
  const atFields = new Map<string, string>();
  const left = faults.filter((fault) => {
    const found = fieldOf(fault, isField, stands);
    if (found === null) return true;
    const before = atFields.get(found.path);
    atFields.set(found.path, before === undefined ? found.message : `${before} ${found.message}`);
    return false;
  });
  const isAllPlaced = faults.length > 0 && left.length === 0;
  const isMarked = failure.code === "invalid_request" && atFields.size > 0;
  const message = isAllPlaced ? "" : isMarked ? MARKED : failure.message;
  return { atFields, left: { ...failure, faults: left, message } };
}

/** What stands above a failure's list of faults: its message, unless that only says the first of them again. */
export function headingOf({ message, faults: [first] }: Failure): string {
  if (first === undefined) return message;
  const said = first.pointer === "" ? first.message : `${first.pointer}: ${first.message}`;
  return message.startsWith(said) ? LISTED : message;
}

function fieldOf(
  { pointer, message }: FieldFault,
  isField: (path: string) => boolean,
  stands: Stands,
): { path: string; message: string } | null {
  const parts = pointer.split("/").slice(1);
  for (let length = parts.length; length > 0; length -= 1) {
    const path = parts.slice(0, length).join(".");
    const field = stands[path] ?? path;
    if (!isField(field)) continue;
    // The place in a list says nothing to who types one per line; a name does.
    const rest = parts.slice(length).filter((part) => !/^\d+$/.test(part));
    return { path: field, message: rest.length === 0 ? message : `${rest.join(".")}: ${message}` };
  }
  return null;
}
