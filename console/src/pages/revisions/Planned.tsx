import { Stack, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { DataTable, type Column } from "@/components/DataTable";
import { Accepted, Imported } from "@/pages/revisions/Losses";
import { notTaken } from "@/pages/revisions/not_taken";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";

type PlannedEvent = Model<"PlannedEvent">;

/** The event types of a plan with their fields, and of each what was not taken over. */
export function Planned({ events }: { events: PlannedEvent[] }) {
  return (
    <Stack>
      <DataTable label="Event types" columns={COLUMNS} rows={events} rowKey={({ key }) => key} />
      {events
        .filter((event) => notTaken(event) !== "nothing")
        .map((event) => (
          <Stack key={event.key} gap="sm" component="section" aria-label={visible(event.event)}>
            <Title order={4}>{visible(event.event)}</Title>
            <PlannedReport event={event} />
          </Stack>
        ))}
    </Stack>
  );
}

/** What became of the JSON Schema or the samples of one event. */
export function PlannedReport({ event }: { event: PlannedEvent }) {
  return (
    <>
      {event.import !== undefined && <Imported report={event.import} />}
      {event.inference !== undefined && <Accepted report={event.inference} />}
    </>
  );
}

const COLUMNS: Column<PlannedEvent>[] = [
  { id: "event", title: "Event", kind: "name", render: ({ event }) => visible(event) },
  { id: "key", title: "Field", render: ({ key }) => <span className="mono">{key}</span> },
  {
    id: "from",
    title: "Made from",
    render: ({ inference }) => (inference === undefined ? "a JSON Schema" : counted(inference.samples, "sample")),
  },
  { id: "lost", title: "Not taken over", render: notTaken },
];
