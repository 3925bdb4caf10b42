import { useQueryClient } from "@tanstack/react-query";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model } from "@/api/types";

type Environment = Model<"Environment">;

interface Options {
  onSaved: (changed: Environment) => void;
  /** Shows the failure; without it, it is told in passing. */
  onFailed?: (error: unknown) => void;
}

/**
 * Saves settings that were made out of the environment as the page shows it. Where another person has changed it since,
 * nothing is saved and the page reads it again: what is sent next is made out of theirs.
 */
export function useSettingChange(environment: Environment, { onSaved, onFailed }: Options) {
  const queries = useQueryClient();
  const change = api.useMutation("patch", "/v1/environments/{environment_id}", {
    meta: { showsFailures: onFailed !== undefined },
    onSuccess: onSaved,
    onError: async (error) => {
      if (failureFrom(error).status === 412) await queries.invalidateQueries();
      onFailed?.(error);
    },
  });
  return {
    isPending: change.isPending,
    save: (body: Model<"EnvironmentChange">) => {
      const header = { "If-Match": `"${environment.version}"` };
      change.mutate({ params: { path: { environment_id: environment.id }, header }, body });
    },
  };
}
