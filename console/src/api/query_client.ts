import { MutationCache, notifyManager, QueryClient } from "@tanstack/react-query";

import { failureFrom } from "@/api/problem";
import { toasts } from "@/components/toasts";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: {
      /** The page shows failures of this change itself, at its fields. */
      showsFailures?: boolean;
      /** A dry run, after which nothing needs to be read again. */
      changesNothing?: boolean;
    };
  }
}

const STALE_MS = 10_000;

/**
 * Tells all that has become known at one moment in one turn: React draws once then. Where a hundred rows get their
 * answers at once, each in a turn of its own, React takes their updates for an endless loop and leaves some out.
 */
function tellTogether(): void {
  let waiting: (() => void)[] = [];
  notifyManager.setScheduler((tell) => {
    waiting.push(tell);
    if (waiting.length > 1) return;
    setTimeout(() => {
      const all = waiting;
      waiting = [];
      for (const each of all) each();
    }, 0);
  });
}

export function makeQueryClient(): QueryClient {
  tellTogether();
  const queries = new QueryClient({
    mutationCache: new MutationCache({
      onError(error, _variables, _result, mutation) {
        if (mutation.meta?.showsFailures !== true) toasts.failed(failureFrom(error).message);
      },
      // What was changed may stand on any page: everything in sight is read again.
      onSuccess(_answer, _variables, _result, mutation) {
        if (mutation.meta?.changesNothing !== true) void queries.invalidateQueries();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        networkMode: "always", // the API may be on this machine
        retry: (failures, error) => failures < 1 && failureFrom(error).status >= 500,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  return queries;
}
