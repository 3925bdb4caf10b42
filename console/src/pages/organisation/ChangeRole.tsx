import { Button, Modal, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import { failureFrom } from "@/api/problem";
import type { Model, Role } from "@/api/types";
import { useMe } from "@/auth/me";
import { FormActions } from "@/components/FormActions";
import { FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { rolesUpTo } from "@/pages/organisation/roles";

type Member = Model<"Member">;

export function ChangeRole({ member, onClose }: { member: Member | null; onClose: () => void }) {
  return (
    <Modal opened={member !== null} onClose={onClose} title="Change role">
      {member !== null && <RoleForm member={member} onClose={onClose} />}
    </Modal>
  );
}

function RoleForm({ member, onClose }: { member: Member; onClose: () => void }) {
  const { data: me } = useMe();
  const [role, setRole] = useState<Role>(member.role);
  const change = api.useMutation("patch", "/v1/organisation/members/{member_id}", {
    meta: { showsFailures: true },
    onSuccess: (changed) => {
      toasts.done(`${changed.email} is ${changed.role} now.`);
      onClose();
    },
  });
  const roles = rolesUpTo(me?.role ?? "viewer");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({
          params: { path: { member_id: member.id }, header: { "If-Match": `"${member.version}"` } },
          body: { role },
        });
      }}
    >
      <Stack>
        <Text>{member.email}</Text>
        <Radio.Group aria-label="Role" value={role} onChange={(value) => setRole(value)}>
          <Stack gap="xs">
            {roles.map(({ value, label, description }) => (
              <Radio key={value} value={value} label={label} description={description} />
            ))}
          </Stack>
        </Radio.Group>
        {role === "owner" && member.role !== "owner" && (
          <Text size="sm" c="dimmed">
            This hands the organisation over: there is one owner, and you become an admin.
          </Text>
        )}
        <FormFailure failure={change.isError ? failureFrom(change.error) : null} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={change.isPending} disabled={role === member.role}>
            Change
          </Button>
        </FormActions>
      </Stack>
    </form>
  );
}
