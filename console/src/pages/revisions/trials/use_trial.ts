import { api } from "@/api/client";
import { isOpen } from "@/pages/revisions/trials/trial_words";

const POLL_MS = 1_000;

/** A trial, asked for again until it has ended. */
export function useTrial(trial_id: string) {
  return api.useQuery(
    "get",
    "/v1/trials/{trial_id}",
    { params: { path: { trial_id } } },
    { refetchInterval: ({ state }) => (state.data !== undefined && isOpen(state.data) ? POLL_MS : false) },
  );
}
