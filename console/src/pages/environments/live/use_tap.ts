import { startTransition, useEffect, useState } from "react";

import { api, client } from "@/api/client";
import { failureFrom, type Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { afterPage, EMPTY, type Feed } from "@/pages/environments/live/feed";

const PAGE = 200; // the longest of the API
const WAIT_SECONDS = 10;
/** Between two answers: a page that is drawn more often is no easier to read. */
const PAUSE_MS = 300;
/** The same where the answer came at once and empty: as many requests wait there as may. */
const UNHELD_MS = 1_000;
const RETRY_MS = 3_000;
/** Events that are on their way when a tap ends arrive within this time. */
const LAST_LOOK_MS = 3_000;
const LIST_POLL_MS = 15_000;

type Tap = Model<"Tap">;

export interface Watching {
  /** The tap whose events are shown, or were until it ended. */
  tap: Tap | null;
  isRunning: boolean;
  /** It is known that no tap runs. */
  isIdle: boolean;
  feed: Feed;
  /** Why the last look failed; the next one follows within seconds. */
  failure: Failure | null;
  start: (asked: Model<"TapCreate">) => void;
  isStarting: boolean;
  /** Why no tap could be started. */
  refusal: Failure | null;
  stop: () => void;
  isStopping: boolean;
}

/** Watches an environment: one of its taps that runs already, or one that you start here. */
export function useTap(environmentId: string, mayWatch: boolean): Watching {
  const [tap, setTap] = useState<Tap | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [feed, setFeed] = useState<Feed>(EMPTY);
  const [failure, setFailure] = useState<Failure | null>(null);
  const path = { environment_id: environmentId };
  const running = api.useQuery(
    "get",
    "/v1/environments/{environment_id}/taps",
    { params: { path } },
    { enabled: mayWatch && !isRunning, refetchInterval: LIST_POLL_MS },
  );
  const watch = (next: Tap) => {
    setTap(next);
    setRunning(true);
    setFailure(null);
    setFeed((old) => ({ ...old, cursor: null, leftOut: 0, dropped: 0 }));
  };
  const found = running.data?.items.find(({ state }) => state === "running");
  // One that has just ended may stand in a list that was read before.
  if (found !== undefined && !isRunning && found.id !== tap?.id) watch(found);
  const tapId = isRunning ? tap?.id : undefined;
  useEffect(() => {
    if (tapId === undefined) return;
    const leaving = new AbortController();
    void follow(tapId, leaving.signal, {
      onPage: (page) => {
        setFailure(null);
        // What is typed or clicked meanwhile goes first.
        startTransition(() => setFeed((old) => afterPage(old, page)));
      },
      onFailure: setFailure,
      onEnd: () => setRunning(false),
    });
    return () => leaving.abort();
  }, [tapId]);
  const start = api.useMutation("post", "/v1/environments/{environment_id}/taps", {
    meta: { showsFailures: true, changesNothing: true },
    onSuccess: watch,
  });
  const stop = api.useMutation("delete", "/v1/taps/{tap_id}", {
    meta: { changesNothing: true },
    onSuccess: () => setRunning(false),
  });
  return {
    tap,
    isRunning,
    isIdle: running.isSuccess && found === undefined && !isRunning,
    feed,
    failure,
    start: (body) => start.mutate({ params: { path }, body }),
    isStarting: start.isPending,
    refusal: start.isError ? failureFrom(start.error) : null,
    stop: () => {
      if (tap !== null) stop.mutate({ params: { path: { tap_id: tap.id } } });
    },
    isStopping: stop.isPending,
  };
}

interface Told {
  onPage: (page: Model<"TappedEventPage">) => void;
  onFailure: (failure: Failure) => void;
  onEnd: () => void;
}

/** Ask for a tap's events until it has ended, or the page is left. */
async function follow(tap_id: string, signal: AbortSignal, told: Told): Promise<void> {
  let after: string | undefined;
  let isLast = false;
  while (!signal.aborted) {
    try {
      const askedAt = performance.now();
      const data = await nextPage(tap_id, after, signal);
      after = data.cursor;
      told.onPage(data);
      const isOver = data.state === "ended" && data.items.length === 0;
      if (isOver && isLast) {
        told.onEnd();
        return;
      }
      isLast = isOver;
      const hasWaited = data.items.length > 0 || performance.now() - askedAt > UNHELD_MS;
      await pause(isOver ? LAST_LOOK_MS : hasWaited ? PAUSE_MS : UNHELD_MS, signal);
    } catch (error) {
      if (isAborted(signal)) return;
      const failure = failureFrom(error);
      // Gone, or live events were turned off: nothing comes of asking again.
      if (failure.status === 404 || failure.status === 409) {
        told.onEnd();
        return;
      }
      told.onFailure(failure);
      await pause(RETRY_MS, signal);
    }
  }
}

async function nextPage(
  tap_id: string,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Model<"TappedEventPage">> {
  const query = { ...(after === undefined ? {} : { after }), limit: PAGE, wait: WAIT_SECONDS };
  const { data, error } = await client.GET("/v1/taps/{tap_id}/events", { params: { path: { tap_id }, query }, signal });
  if (data === undefined) throw error;
  return data;
}

/** As the compiler can't know, it changes while a request is waited for. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
