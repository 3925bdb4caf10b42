import { Alert, Button, Group, Stack } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";

import { api } from "@/api/client";
import type { Model } from "@/api/types";
import { useMe } from "@/auth/me";
import { session } from "@/auth/session";
import { toasts } from "@/components/toasts";

/** Organisations that have invited the person who signs in: nothing comes of it until they accept. */
export function Invitations() {
  const me = useMe();
  const mayHaveSome = me.isError || (me.data?.invitations ?? 0) > 0; // who is no member of any has no `me` yet
  const { data } = api.useQuery("get", "/v1/invitations", undefined, { staleTime: 60_000, enabled: mayHaveSome });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Stack mb="lg" gap="sm" component="section" aria-label="Invitations">
      {data.items.map((invitation) => (
        <Invitation key={invitation.id} invitation={invitation} />
      ))}
    </Stack>
  );
}

function Invitation({ invitation }: { invitation: Model<"Invitation"> }) {
  const { organisation, role } = invitation;
  const params = { params: { path: { invitation_id: invitation.id } } };
  const accept = api.useMutation("post", "/v1/invitations/{invitation_id}/accept", {
    onSuccess: () => {
      session.choose(organisation.id);
      location.assign("/"); // what was read, and what is half done, is of another one
    },
  });
  const decline = api.useMutation("delete", "/v1/invitations/{invitation_id}", {
    onSuccess: () => toasts.done(`Invitation to ${organisation.name} declined.`),
  });
  const isBusy = accept.isPending || decline.isPending;
  return (
    <Alert icon={<IconMail size={18} />} title={`Invitation to ${organisation.name}`} variant="light">
      <Group justify="space-between" gap="sm">
        <span>
          {invitation.invited_by ?? "The operator of this deployment"} invites you to {organisation.name} as {role}.
        </span>
        <Group gap="xs">
          <Button size="xs" loading={accept.isPending} disabled={isBusy} onClick={() => accept.mutate(params)}>
            Accept
          </Button>
          {role !== "owner" && (
            <Button
              size="xs"
              variant="default"
              loading={decline.isPending}
              disabled={isBusy}
              onClick={() => decline.mutate(params)}
            >
              Decline
            </Button>
          )}
        </Group>
      </Group>
    </Alert>
  );
}
