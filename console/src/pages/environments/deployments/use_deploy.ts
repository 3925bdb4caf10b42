import { useQueryClient } from "@tanstack/react-query";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { toasts } from "@/components/toasts";
import type { AskedCanary } from "@/pages/environments/deployments/canary";
import { columnsApartText } from "@/pages/environments/deployments/columns_apart";

interface Options {
  revisionName: string;
  onDeployed: () => void;
}

/** Points an environment, as the page shows it, at another revision. */
export function useDeploy(environment: Model<"Environment">, { revisionName, onDeployed }: Options) {
  const queries = useQueryClient();
  const deploy = api.useMutation("post", "/v1/environments/{environment_id}/deployments", {
    meta: { showsFailures: true },
    onSuccess: ({ canary, columns_apart }) => {
      toasts.done(
        canary === null
          ? `“${revisionName}” runs in ${environment.name} within five seconds.`
          : `${canary.share} % of the requests go to “${revisionName}” within five seconds.`,
      );
      if (columns_apart.length > 0) toasts.done(columnsApartText(columns_apart));
      onDeployed();
    },
    onError: () => queries.invalidateQueries(), // what runs now may be another than the page shows
  });
  return {
    isPending: deploy.isPending,
    error: deploy.error,
    start: (revision_id: string, note: string, canary: AskedCanary | null = null) =>
      deploy.mutate({
        params: {
          path: { environment_id: environment.id },
          // The difference in sight is one to what ran then.
          header: { "If-Match": `"${environment.version}"` },
        },
        body: { revision_id, note, canary },
      }),
  };
}
