import { Anchor } from "@mantine/core";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { DataTable, type Column } from "@/components/DataTable";
import { RelativeTime } from "@/components/RelativeTime";
import { groupsOf, type Group } from "@/pages/operations/set_aside_groups";
import { OfEnvironment } from "@/pages/operations/OfEnvironment";
import { noun } from "@/text/units";

interface Props {
  objects: Model<"SetAsideObject">[];
  /** The only reason to show, if the address names one. */
  reason: string | undefined;
  onChoose: (group: Group) => void;
}

/** Refused events by environment and reason. */
export function SetAsideGroups({ objects, reason, onChoose }: Props) {
  const columns: Column<Group>[] = [
    {
      id: "reason",
      title: "Reason",
      kind: "name",
      render: (group) => (
        <Anchor component="button" type="button" ta="start" onClick={() => onChoose(group)}>
          {group.reason}
        </Anchor>
      ),
    },
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
    {
      id: "objects",
      title: "Objects",
      kind: "number",
      behind: ({ objects }) => noun(objects, "object"),
      render: (group) => <Amount value={group.objects} />,
    },
    { id: "first", title: "First hour", before: "first", render: ({ first }) => <RelativeTime at={first} /> },
    { id: "last", title: "Last hour", before: "last", render: ({ last }) => <RelativeTime at={last} /> },
  ];
  return (
    <DataTable
      label="Reasons"
      phone="list"
      columns={columns}
      rows={groupsOf(objects).filter((group) => reason === undefined || group.reason === reason)}
      rowKey={({ environment_id, reason }) => `${environment_id} ${reason}`}
    />
  );
}
