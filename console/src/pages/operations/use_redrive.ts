import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { client } from "@/api/client";
import type { Model } from "@/api/types";

/** Which set-aside events are meant: those that every field says that is there. */
export interface Wanted {
  ids?: string[];
  environment_id?: string;
  reason?: string;
  /** To whose table they go; without it, each to that of the revision that accepted it. */
  revision_id?: string;
}

/** What all calls together have sent, or would have. */
export type Sent = Pick<Model<"SetAsideRedriven">, "objects" | "events" | "skipped">;

const NOTHING: Sent = { objects: 0, events: 0, skipped: [] };

/**
 * Sends set-aside events again, or says how many there are, in as many calls as that takes.
 *
 * `sofar` is what the calls of the last run have come to, also where one of them failed: that stays sent.
 */
export function useRedrive(dry_run: boolean, onDone: (sent: Sent) => void) {
  const [sofar, setSofar] = useState<Sent>(NOTHING);
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: async (wanted: Wanted) => {
      let sent = NOTHING;
      let cursor: string | null = null;
      setSofar(sent);
      do {
        const body: Model<"RedriveSetAside"> = { ...wanted, dry_run, ...(cursor === null ? {} : { cursor }) };
        const { data, error } = await client.POST("/v1/operations/set-aside/redrive", { body });
        if (data === undefined) throw error;
        sent = {
          objects: sent.objects + data.objects,
          events: sent.events + data.events,
          skipped: [...sent.skipped, ...data.skipped],
        };
        cursor = data.next;
        setSofar(sent);
      } while (cursor !== null);
      return sent;
    },
    meta: { showsFailures: true, changesNothing: dry_run },
    onSuccess: onDone,
    onError: () => (dry_run ? undefined : queries.invalidateQueries()), // some may be sent
  });
  return { run, sofar };
}
