import { Button, Stack, Text, Title } from "@mantine/core";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, type Column } from "@/components/DataTable";
import { Pager } from "@/components/Pager";
import { RelativeTime } from "@/components/RelativeTime";
import { OfEnvironment } from "@/pages/operations/OfEnvironment";
import { noun } from "@/text/units";

type SetAsideObject = Model<"SetAsideObject">;

const PAGE_SIZE = 25;

interface Props {
  objects: SetAsideObject[];
  page: number;
  onPage: (page: number) => void;
  onOpen: (id: string) => void;
}

/** The objects that refused events are kept in, each those of one object that landed. */
export function SetAsideObjects({ objects, page, onPage, onOpen }: Props) {
  const shown = Math.min(page, Math.ceil(objects.length / PAGE_SIZE));
  return (
    <Stack gap="sm" component="section" aria-label="Objects">
      <Title order={3}>Objects</Title>
      <DataTable
        label="Objects"
        phone="list"
        columns={columnsOf(onOpen)}
        rows={objects.slice((shown - 1) * PAGE_SIZE, shown * PAGE_SIZE)}
        rowKey={({ id }) => id}
      />
      <Pager page={shown} pageSize={PAGE_SIZE} count={objects.length} noun="objects" onPage={onPage} />
    </Stack>
  );
}

function columnsOf(onOpen: (id: string) => void): Column<SetAsideObject>[] {
  return [
    { id: "hour", title: "Hour", kind: "name", render: ({ hour }) => <RelativeTime at={hour} /> },
    {
      id: "environment",
      title: "Environment",
      onPhone: "line",
      render: ({ environment_id: id, environment }) => <OfEnvironment id={id} environment={environment} />,
    },
    {
      id: "events",
      title: "Events",
      kind: "number",
      behind: ({ events }) => noun(events, "event"),
      render: ({ events }) => <Amount value={events} />,
    },
    { id: "bytes", title: "Size", kind: "number", render: ({ bytes }) => <Amount value={bytes} unit="bytes" /> },
    { id: "reasons", title: "Why, mostly", onPhone: "line", render: ({ reasons }) => <Reasons reasons={reasons} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: ({ id }) => (
        <Button variant="subtle" size="compact-sm" onClick={() => onOpen(id)} aria-label={`Open ${id}`}>
          Open
        </Button>
      ),
    },
  ];
}

function Reasons({ reasons }: Pick<SetAsideObject, "reasons">) {
  const [first, ...others] = reasons;
  if (first === undefined) return "It can’t be read.";
  return (
    <span>
      {first.reason}
      {others.length > 0 && (
        <Text span size="sm" c="dimmed">
          {` and ${others.length} more`}
        </Text>
      )}
    </span>
  );
}
