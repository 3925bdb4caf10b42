import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { client } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { findEvent } from "@/pages/environments/quarantine/find_event";
import { Sample } from "@/pages/environments/quarantine/Samples";
import { arrivedAt } from "@/text/event_ids";
import { exactTime } from "@/time/relative";

interface Props {
  environmentId: string;
  eventId: string;
  onClose: () => void;
}

/** One event by its id, looked for among those in quarantine. */
export function OneEvent({ environmentId, eventId, onClose }: Props) {
  const query = useQuery({
    queryKey: ["quarantined event", environmentId, eventId],
    queryFn: ({ signal }) =>
      findEvent(eventId, async (asked) => {
        const { data, error } = await client.GET("/v1/environments/{environment_id}/quarantine/events", {
          params: { path: { environment_id: environmentId }, query: asked },
          signal,
        });
        if (data === undefined) throw error;
        return data;
      }),
  });
  const at = arrivedAt(eventId);
  return (
    <Stack gap="sm" component="section" aria-label="The event that you look for">
      <Group justify="space-between" gap="sm">
        <Title order={3}>The event that you look for</Title>
        <Button size="xs" variant="default" onClick={onClose}>
          Show all
        </Button>
      </Group>
      <Loaded query={query} failed="The event could not be looked for">
        {({ event, isAll }) =>
          event !== null ? (
            <Sample sample={event} />
          ) : (
            <EmptyState title={isAll ? "It is not in this quarantine" : "It was not found"}>
              <Text span className="mono" size="sm" style={{ overflowWrap: "anywhere" }}>
                {eventId}
              </Text>{" "}
              {isAll
                ? `${at === null ? "" : `came on ${exactTime(at)}: `}it was accepted, refused without being kept, sent since, or went to another environment.`
                : "is not among the newest events in quarantine. Choose its day to look further back."}
            </EmptyState>
          )
        }
      </Loaded>
    </Stack>
  );
}
