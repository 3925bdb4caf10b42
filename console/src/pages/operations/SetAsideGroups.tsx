import { Anchor } from "@mantine/core";

import type { Model } from "@/api/types";
import { Amount } from "@/components/Amount";
import { CopyField } from "@/components/Copy";
import { DataTable, type Column } from "@/components/DataTable";
import { RelativeTime } from "@/components/RelativeTime";
import { groupsOf, type Group } from "@/pages/operations/set_aside_groups";

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
      render: ({ environment_id: id }) => <CopyField value={id} label={`Copy the id ${id}`} />,
    },
    { id: "events", title: "Events", kind: "number", render: ({ events }) => <Amount value={events} /> },
    { id: "objects", title: "Objects", kind: "number", render: (group) => <Amount value={group.objects} /> },
    { id: "first", title: "First hour", render: ({ first }) => <RelativeTime at={first} /> },
    { id: "last", title: "Last hour", render: ({ last }) => <RelativeTime at={last} /> },
  ];
  return (
    <DataTable
      label="Reasons"
      columns={columns}
      rows={groupsOf(objects).filter((group) => reason === undefined || group.reason === reason)}
      rowKey={({ environment_id, reason }) => `${environment_id} ${reason}`}
    />
  );
}
