import { Button, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Role } from "@/api/types";
import { useMe } from "@/auth/me";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { rolesToGive } from "@/pages/organisation/roles";
import { TokenSecret } from "@/pages/organisation/TokenSecret";

export function InviteMember({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormModal opened={opened} onClose={onClose} title="Invite member">
      <Invitation onClose={onClose} />
    </FormModal>
  );
}

function Invitation({ onClose }: { onClose: () => void }) {
  const { data: me } = useMe();
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<{ email: string; role: Exclude<Role, "owner"> }>({
    initialValues: { email: "", role: "editor" },
  });
  const invite = api.useMutation("post", "/v1/organisation/members", {
    meta: { showsFailures: true },
    onSuccess: (member) => toasts.done(`${member.email} invited.`),
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const token = invite.data?.token;
  if (token !== undefined && token !== null) {
    return <TokenSecret token={token} what={`The first token of ${invite.data?.email ?? ""}`} onDone={onClose} />;
  }
  return (
    <form
      onSubmit={form.onSubmit(({ email, role }) => {
        setFailure(null);
        invite.mutate({ body: { email: email.trim(), role } });
      })}
    >
      <Stack>
        <TextInput type="email" label="E-mail" required data-autofocus {...form.getInputProps("email")} />
        <Radio.Group label="Role" {...form.getInputProps("role")}>
          <Stack gap="xs" mt={6}>
            {rolesToGive(me?.role ?? "viewer").map((role) => (
              <Radio key={role.value} value={role.value} label={role.label} description={role.description} />
            ))}
          </Stack>
        </Radio.Group>
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={invite.isPending} disabled={form.values.email.trim() === ""}>
            Invite
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !invite.isPending} />
    </form>
  );
}
