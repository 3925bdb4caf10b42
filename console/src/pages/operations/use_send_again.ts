import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { client } from "@/api/client";

/**
 * Sends dead letters of a queue again: those of some ids, or with null all that are there, in as many calls as that
 * takes. One that has come back meanwhile is not sent a second time.
 *
 * `sofar` is how many the last run has sent; those stay sent where a later call fails.
 */
export function useSendAgain(queue: string, onDone: (answer: { sent: number; left: number }) => void) {
  const [sofar, setSofar] = useState(0);
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: async (ids: string[] | null) => {
      const params = { path: { queue } };
      let sent = 0;
      let there: number | null = null;
      setSofar(sent);
      for (;;) {
        const body = ids === null ? {} : { ids };
        const { data, error } = await client.POST("/v1/operations/queues/{queue}/dead-letters/redrive", {
          params,
          body,
        });
        if (data === undefined) throw error;
        there ??= data.sent + data.left;
        sent += data.sent;
        setSofar(sent);
        if (ids !== null || data.sent === 0 || sent >= there) return { sent, left: data.left };
      }
    },
    meta: { showsFailures: true },
    onSuccess: onDone,
    onError: () => queries.invalidateQueries(), // some may be sent
  });
  return { run, sofar };
}
