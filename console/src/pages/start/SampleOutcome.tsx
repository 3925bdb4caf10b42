import { Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { client } from "@/api/client";
import type { Model } from "@/api/types";
import { Loaded } from "@/components/Loaded";
import { DryRunResult } from "@/pages/revisions/DryRunResult";

interface Props {
  revision: Model<"RevisionWithFields">;
  /** JSON as it was pasted. */
  sample: string;
}

/** What becomes of the pasted event under the schema: which of its keys are dropped, kept, filled and protected. */
export function SampleOutcome({ revision, sample }: Props) {
  const query = useQuery({
    queryKey: ["sample outcome", revision.id, revision.version, sample],
    queryFn: async () => {
      const { data, error } = await client.POST("/v1/revisions/{revision_id}/validate", {
        params: { path: { revision_id: revision.id } },
        headers: { "Content-Type": "application/json" },
        body: sample,
        bodySerializer: (raw) => raw as string,
      });
      if (data === undefined) throw error;
      return data.results;
    },
  });
  return (
    <Stack gap="xs" component="section" aria-label="Your event">
      <Title order={3}>Your event under this schema</Title>
      <Loaded query={query} failed="The event could not be validated">
        {(results) => results.slice(0, 1).map((row) => <DryRunResult key={row.index} row={row} alone />)}
      </Loaded>
    </Stack>
  );
}
