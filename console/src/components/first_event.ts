/** How long and how often a page looks for an event. */

const MINUTE_MS = 60_000;

/** How long to wait for the next look, by how long the page has been looking; `false`: it looks no more. */
export function pauseAfter(lookingMs: number): number | false {
  if (lookingMs < 2 * MINUTE_MS) return 2_000;
  return lookingMs < 30 * MINUTE_MS ? 10_000 : false;
}
