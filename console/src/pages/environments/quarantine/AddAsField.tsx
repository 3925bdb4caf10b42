import { Button, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";

type Revision = Model<"Revision">;

interface Props {
  pointer: string;
  running: Revision;
  /** All of the endpoint. */
  revisions: readonly Revision[];
  onDraft: (revisionId: string) => void;
  /** The running revision is to be cloned first. */
  onClone: () => void;
}

/** Asks to which draft an unknown field is added; where there is none, the running revision is cloned. */
export function AddAsField({ pointer, running, revisions, onDraft, onClone }: Props) {
  const refused = useRefusal("editor");
  const drafts = revisions.filter(({ state }) => state === "draft").toReversed(); // the newest first
  const look = {
    size: "compact-sm",
    variant: "default",
    leftSection: <IconPlus size={14} />,
    "aria-label": `Add as a field: ${pointer}`,
    children: "Add as a field",
  };
  if (refused !== false || drafts.length === 0) return <ActionButton refused={refused} onClick={onClone} {...look} />;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button {...look} />
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>Add it to</Menu.Label>
        {drafts.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => onDraft(id)}>
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onClone}>A clone of {running.name}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
