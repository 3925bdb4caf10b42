import { Store, useStored } from "@/state/store";

const now = new Store(Date.now());
setInterval(() => now.set(Date.now()), 10_000);

/** The time in milliseconds, every ten seconds anew: one clock for everything on the page that ages. */
export function useNow(): number {
  return useStored(now);
}
