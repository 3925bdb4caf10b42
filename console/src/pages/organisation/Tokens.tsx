import { Badge, Button, Group } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { ConfirmByName } from "@/components/ConfirmByName";
import { DataTable, TableSkeleton, type Column } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { IconButton } from "@/components/IconButton";
import { Loaded } from "@/components/Loaded";
import { Section } from "@/components/Page";
import { RelativeTime } from "@/components/RelativeTime";
import { toasts } from "@/components/toasts";
import { CreateToken } from "@/pages/organisation/CreateToken";
import { useNow } from "@/time/now";

type Token = Model<"Token">;

export function Tokens() {
  const tokens = useQuery(lists.tokens());
  const members = useQuery(lists.members());
  const [isCreating, setIsCreating] = useState(false);
  const [deleted, setDeleted] = useState<Token | null>(null);
  const emails = new Map(members.data?.map((member) => [member.id, member.email]));
  const remove = api.useMutation("delete", "/v1/tokens/{token_id}", {
    onSuccess: () => {
      toasts.done(`Token “${deleted?.name ?? ""}” deleted.`);
      setDeleted(null);
    },
  });
  const columns: Column<Token>[] = [
    { id: "name", title: "Name", kind: "name", render: (token) => token.name },
    {
      id: "member",
      title: "Member",
      onPhone: "line",
      render: (token) => emails.get(token.member_id) ?? token.member_id,
    },
    { id: "role", title: "Role", render: (token) => token.role },
    { id: "used", title: "Last used", before: "used", render: (token) => token.last_used_on ?? "never" },
    { id: "expires", title: "Expires", before: "expires", render: (token) => <Expiry token={token} /> },
    { id: "created", title: "Created", before: "created", render: (token) => <RelativeTime at={token.created_at} /> },
    {
      id: "actions",
      title: "Actions",
      kind: "actions",
      render: (token) => (
        <IconButton
          label={`Delete ${token.name}`}
          icon={<IconTrash size={16} />}
          destroys
          onClick={() => setDeleted(token)}
        />
      ),
    },
  ];
  return (
    <Section
      tab
      title="Tokens"
      lead="For scripts and the command line: each acts for its member, with a role no higher than theirs."
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={() => setIsCreating(true)}>
          New token
        </Button>
      }
    >
      <Loaded query={tokens} skeleton={<TableSkeleton rows={3} />} failed="The tokens could not be loaded">
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState title="No tokens">Create one for a script or for ingestctl.</EmptyState>
          ) : (
            <DataTable label="Tokens" phone="list" columns={columns} rows={rows} rowKey={(token) => token.id} />
          )
        }
      </Loaded>
      <CreateToken opened={isCreating} onClose={() => setIsCreating(false)} />
      <ConfirmByName
        opened={deleted !== null}
        onClose={() => setDeleted(null)}
        title="Delete token"
        name={deleted?.name ?? ""}
        busy={remove.isPending}
        onConfirm={() => {
          if (deleted !== null) remove.mutate({ params: { path: { token_id: deleted.id } } });
        }}
      >
        Whatever uses it is refused from now on. If it is the one that you signed in with, you are asked for another.
      </ConfirmByName>
    </Section>
  );
}

function Expiry({ token }: { token: Token }) {
  const now = useNow();
  if (token.expires_at !== null && Date.parse(token.expires_at) <= now) {
    return (
      <Badge color="red" variant="light">
        expired
      </Badge>
    );
  }
  return (
    <Group gap={4}>
      <RelativeTime at={token.expires_at} />
    </Group>
  );
}
