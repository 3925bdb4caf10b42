/** The keys of a JSON Pointer (https://www.rfc-editor.org/rfc/rfc6901), in order. */
export function keysOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The keys on the way from the object that holds a field to its value. */
export function pathOf({ key, from }: { key: string; from?: string | null | undefined }): string[] {
  if (from === undefined || from === null || from === "") return [key];
  return from.startsWith("/") ? keysOf(from) : [from];
}
