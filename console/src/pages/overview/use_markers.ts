import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";

/** Environments whose deployments are asked for: a chart has no room for those of more. */
const MOST_ENVIRONMENTS = 8;

/** A deployment as a chart marks it. */
export interface Marker {
  id: string;
  at: number;
  environmentId: string;
  /** `Revision 2 in Production`. */
  label: string;
}

/** The deployments of a range, the oldest first; of one environment, or of all. */
export function useMarkers(
  endpointId: string,
  environments: readonly Model<"Environment">[],
  range: { from: number; to: number },
): Marker[] {
  const asked = environments.slice(0, MOST_ENVIRONMENTS);
  const revisions = useQuery(lists.revisions(endpointId));
  const histories = useQueries({ queries: asked.map(({ id }) => lists.deployments(id)) });
  const found = histories.map(({ data }) => data);
  const names = revisions.data;
  // What useQueries answers is new at every drawing: the lists in it are not.
  const known = JSON.stringify([range, asked.map(({ id, name }) => [id, name]), found.map((rows) => rows?.[0]?.id)]);
  return useMemo(() => {
    if (names === undefined) return [];
    const nameOf = new Map(names.map(({ id, name }) => [id, name]));
    return asked
      .flatMap((environment, index) =>
        (found[index] ?? []).map((row) => ({
          id: row.id,
          at: Date.parse(row.when),
          environmentId: environment.id,
          label: `${nameOf.get(row.revision_id) ?? "a revision"}${row.canary === null ? "" : ", a canary,"} in ${environment.name}`,
        })),
      )
      .filter(({ at }) => at >= range.from && at < range.to)
      .toSorted((one, other) => one.at - other.at);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `known` stands for all that changes
  }, [known, names]);
}
