import { Badge, Button, Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Model } from "@/api/types";
import { Boundary } from "@/components/Boundary";
import { Copy } from "@/components/Copy";
import { EventFaults } from "@/components/EventFaults";
import { Failed } from "@/components/Failed";
import { Left } from "@/components/JsonBlock";
import { RelativeTime } from "@/components/RelativeTime";
import { keyOf, withoutRepeats } from "@/pages/environments/quarantine/event_pages";
import { MarkedLines } from "@/pages/environments/quarantine/MarkedLines";
import { protocolName } from "@/pages/environments/quarantine/protocols";
import { quarantinedEvents } from "@/pages/environments/quarantine/quarantined_events";
import type { AskedFilter } from "@/pages/environments/quarantine/redrive_filter";
import { layOut, OF_AN_EVENT } from "@/text/laid_out";
import { exactBytes, exactCount } from "@/text/units";

interface Props {
  environmentId: string;
  filter: AskedFilter;
  /** Some of them, which the quarantine shows with its groups. */
  samples: readonly Model<"QuarantinedEvent">[];
  /** How many events the filter names, at least and at most. */
  matching: { least: number; most: number };
}

/** Events as they came, each with what is wrong marked in it: some at first, then all of them page by page. */
export function Samples({ environmentId, filter, samples, matching }: Props) {
  const [isAsked, setAsked] = useState(false);
  // Where the counts don't tell whether there is more, the first page does.
  const isUnclear = matching.least <= samples.length && samples.length < matching.most;
  const isAll = isAsked || isUnclear;
  const query = useInfiniteQuery({
    ...quarantinedEvents(environmentId, filter),
    enabled: isAll,
  });
  if (samples.length === 0) return null;
  const shown = withoutRepeats([...samples, ...(query.data?.pages.flatMap(({ items }) => items) ?? [])]);
  const hasMore = isAll ? query.hasNextPage : samples.length < matching.most;
  return (
    <Stack gap="sm" component="section" aria-label="Samples">
      <Title order={3}>Samples</Title>
      {shown.map((sample) => (
        <Boundary key={keyOf(sample)} what="This event">
          <Sample sample={sample} />
        </Boundary>
      ))}
      {query.isError && (
        <Failed
          error={query.error}
          title="More events could not be loaded"
          onRetry={() => void (query.data === undefined ? query.refetch() : query.fetchNextPage())}
        />
      )}
      {(hasMore || query.isFetching) && !query.isError && (
        <Center>
          <Button
            variant="default"
            loading={isAll && (query.isLoading || query.isFetchingNextPage)}
            onClick={() => (isAll ? void query.fetchNextPage() : setAsked(true))}
          >
            Show more
          </Button>
        </Center>
      )}
    </Stack>
  );
}

/** What of an event that is cut is shown, kept and lost. */
function shownOf({ kept_bytes, raw_bytes, object }: Model<"QuarantinedEvent">): string {
  return kept_bytes < raw_bytes
    ? `Only the first ${exactCount(kept_bytes)} of ${exactBytes(raw_bytes)} were kept, in ${object}; this event can't be redriven.`
    : `The beginning of ${exactBytes(raw_bytes)}. All of them are in ${object}.`;
}

/** An event as it came, with what is wrong marked in it. */
export function Sample({ sample }: { sample: Model<"QuarantinedEvent"> }) {
  const text = sample.raw ?? sample.raw_base64 ?? "";
  const { lines, left } = useMemo(
    () =>
      layOut(
        text,
        OF_AN_EVENT,
        sample.errors.map(({ pointer }) => pointer),
      ),
    [text, sample.errors],
  );
  return (
    <Paper>
      <Stack gap="xs">
        <Group gap="xs">
          <RelativeTime at={sample.received_at} />
          <Text size="sm" c="dimmed" className="mono">
            {sample.event_id}
          </Text>
          {sample.protocol !== null && (
            <Badge variant="light" color="gray">
              {protocolName(sample.protocol)}
            </Badge>
          )}
          {sample.raw === null && (
            <Badge variant="light" color="gray">
              no text: base64
            </Badge>
          )}
          <Copy value={text} label={`Copy the event ${sample.event_id}`} />
        </Group>
        <EventFaults errors={sample.errors} more={sample.more} />
        <MarkedLines lines={lines} label={`Event ${sample.event_id}`} />
        <Left left={left} />
        {sample.truncated && (
          <Text size="sm" c="dimmed">
            {shownOf(sample)}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
