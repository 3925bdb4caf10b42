import { Badge, Button, Group } from "@mantine/core";
import { IconPlus, IconTrash, IconUserCog } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { useMe, useRefusal } from "@/auth/me";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { IconButton } from "@/components/IconButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { ChangeRole } from "@/pages/organisation/ChangeRole";
import { InviteMember } from "@/pages/organisation/InviteMember";

type Member = Model<"Member">;

function Since({ member }: { member: Member }) {
  if (member.accepted_at !== null) return <RelativeTime at={member.accepted_at} />;
  return (
    <Badge variant="light" color="gray" size="sm" title="Has not accepted the invitation yet.">
      invited
    </Badge>
  );
}

export function Members() {
  const members = useQuery(lists.members());
  const { data: me } = useMe();
  const refused = useRefusal("admin");
  const [isInviting, setIsInviting] = useState(false);
  const [changed, setChanged] = useState<Member | null>(null);
  const [removed, setRemoved] = useState<Member | null>(null);
  const remove = api.useMutation("delete", "/v1/organisation/members/{member_id}", {
    onSuccess: () => {
      toasts.done(`${removed?.email ?? "The member"} removed, with all their tokens.`);
      setRemoved(null);
    },
  });
  const columns: Column<Member>[] = [
    {
      id: "email",
      title: "E-mail",
      kind: "name",
      render: (member) => (
        <Group gap="xs">
          {member.email}
          {member.id === me?.member.id && (
            <Badge variant="light" color="gray" size="sm">
              you
            </Badge>
          )}
        </Group>
      ),
    },
    { id: "role", title: "Role", render: (member) => member.role },
    { id: "since", title: "Member since", onPhone: "line", render: (member) => <Since member={member} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (member) => (
        <Group gap={2} justify="flex-end" wrap="nowrap">
          <IconButton
            label={`Change the role of ${member.email}`}
            icon={<IconUserCog size={16} />}
            refused={refused}
            onClick={() => setChanged(member)}
          />
          <IconButton
            label={`Remove ${member.email}`}
            icon={<IconTrash size={16} />}
            destroys
            refused={member.role === "owner" ? "The owner can’t be removed; hand over first." : refused}
            onClick={() => setRemoved(member)}
          />
        </Group>
      ),
    },
  ];
  return (
    <Section
      tab
      title="Members"
      lead="Who may see and change what this organisation has."
      actions={
        <Button
          leftSection={<IconPlus size={16} />}
          disabled={refused !== false}
          title={refused || undefined}
          onClick={() => setIsInviting(true)}
        >
          Invite member
        </Button>
      }
    >
      <Loaded query={members} skeleton={<TableSkeleton rows={3} />} failed="The members could not be loaded">
        {(rows) => (
          <DataTable label="Members" phone="list" columns={columns} rows={rows} rowKey={(member) => member.id} />
        )}
      </Loaded>
      <InviteMember opened={isInviting} onClose={() => setIsInviting(false)} />
      <ChangeRole member={changed} onClose={() => setChanged(null)} />
      <ConfirmByName
        opened={removed !== null}
        onClose={() => setRemoved(null)}
        title="Remove member"
        name={removed?.email ?? ""}
        busy={remove.isPending}
        onConfirm={() => {
          if (removed !== null) remove.mutate({ params: { path: { member_id: removed.id } } });
        }}
      >
        Their tokens stop working at once, those in scripts, too. What they have made stays.
      </ConfirmByName>
    </Section>
  );
}
