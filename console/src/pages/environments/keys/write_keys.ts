/** Write keys of an environment: `docs/management.md`. */

const KEY_BYTES = 12;

/** A key that no sender has yet. */
export function makeWriteKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return `wk_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Fields of a form for one key that stand for those of the request, in which it has a place of its own. */
export function standsAt(place: number): Record<string, string> {
  return { write_keys: "key", [`write_keys.${place}`]: "key" };
}

/** What removing a key changes for senders. */
export function afterRemoval(key: string, keys: readonly string[]): string {
  return keys.some((other) => other !== key)
    ? "Requests that carry this key are answered 401 within 5 seconds, and their events are not kept. Senders that carry another of the keys are not affected."
    : "It is the only key. Without it, the environment accepts every request, with or without a key.";
}
