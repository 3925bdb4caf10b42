import { afterEach, expect, test, vi } from "vitest";

import { makeHandover, type Handed } from "@/auth/handover";

const SESSION: Handed = { token: "iet_1", organisation: "org_1" };
const opened: BroadcastChannel[] = [];

/** A tab with what it has, beside those that are open already. */
function tab(mine: Handed | null, onSignedOut: (token: string) => void = () => undefined) {
  const channel = new BroadcastChannel("tabs of a test");
  opened.push(channel);
  return makeHandover({ mine: () => mine, onSignedOut }, channel);
}

afterEach(() => {
  for (const channel of opened.splice(0)) channel.close();
});

test("a new tab is handed the session of one that is signed in", async () => {
  tab(null);
  tab(SESSION);
  expect(await tab(null).ask()).toEqual(SESSION);
});

test("without one there is nothing", async () => {
  tab(null);
  expect(await tab(null).ask()).toBeNull();
});

test("who signs out tells the others with which token", async () => {
  const told = vi.fn();
  tab(SESSION, told);
  tab(SESSION).tellSignedOut("iet_1");
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith("iet_1"));
});

test("two that ask at once are each answered", async () => {
  tab(SESSION);
  expect(await Promise.all([tab(null).ask(), tab(null).ask()])).toEqual([SESSION, SESSION]);
});
