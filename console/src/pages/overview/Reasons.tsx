import { Group, Stack, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";

import { client } from "@/api/client";
import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { TextLink } from "@/components/LinkButton";
import { wrongWith } from "@/pages/environments/quarantine/told";
import { reasonsOf } from "@/pages/overview/reasons";
import { visible } from "@/text/laid_out";
import { daysOf } from "@/time/periods";

const MOST = 6;
const MOST_ENVIRONMENTS = 8;

interface Props {
  endpointId: string;
  environments: readonly Model<"Environment">[];
  revision: string | undefined;
  range: { from: number; to: number };
}

/** Why events are in quarantine, in a sentence for each field; each leads to its events. */
export function Reasons({ endpointId, environments, revision, range }: Props) {
  const asked = environments.slice(0, MOST_ENVIRONMENTS);
  const ends = { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
  const pages = useQueries({
    queries: asked.map(({ id }) => ({
      queryKey: ["reasons", id, revision, ends],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const query = { ...ends, ...(revision === undefined ? {} : { revision }), samples: 0, limit: MOST };
        const { data, error } = await client.GET("/v1/environments/{environment_id}/quarantine", {
          params: { path: { environment_id: id }, query },
          signal,
        });
        if (data === undefined) throw error;
        return data.items;
      },
    })),
  });
  const reasons = reasonsOf(asked.map((environment, index) => ({ environment, groups: pages[index]?.data ?? [] })));
  if (reasons.length === 0) return null;
  return (
    <Stack component="ul" role="list" aria-label="Reasons by field" gap={8} m={0} p={0} style={{ listStyle: "none" }}>
      {reasons.slice(0, MOST).map(({ code, pointer, count, environment }) => (
        <Group component="li" key={`${environment.id} ${code} ${pointer}`} gap="sm" wrap="nowrap" align="flex-start">
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId/quarantine"
            params={{ endpointId, environmentId: environment.id }}
            search={{ code, pointer: pointer === "" ? undefined : pointer, ...daysOf(range) }}
            flex={1}
            miw={0}
            style={{ overflowWrap: "anywhere" }}
          >
            {pointer === "" ? "The event" : <span className="mono">{visible(pointer)}</span>} {wrongWith(code)}
            {environments.length > 1 && (
              <Text span size="sm" c="dimmed">
                {" "}
                {environment.name}
              </Text>
            )}
          </TextLink>
          <Text fw={600} component="div" style={{ whiteSpace: "nowrap" }}>
            <Amount value={count} />
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
