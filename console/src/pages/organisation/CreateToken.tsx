import { Button, Radio, Select, Stack, TextInput } from "@mantine/core";
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
import { rolesUpTo } from "@/pages/organisation/roles";
import { TokenSecret } from "@/pages/organisation/TokenSecret";

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "never", label: "Never" },
];

export function CreateToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormModal opened={opened} onClose={onClose} title="New token">
      <TokenCreation onClose={onClose} />
    </FormModal>
  );
}

function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString();
}

function TokenCreation({ onClose }: { onClose: () => void }) {
  const { data: me } = useMe();
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<{ name: string; role: Role; life: string }>({
    initialValues: { name: "", role: "viewer", life: "90" },
  });
  const create = api.useMutation("post", "/v1/tokens", {
    meta: { showsFailures: true },
    onSuccess: (token) => toasts.done(`Token “${token.name}” created.`),
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const token = create.data?.token;
  if (token !== undefined && token !== null) {
    return <TokenSecret token={token} what={`The token “${create.data?.name ?? ""}”`} onDone={onClose} />;
  }
  return (
    <form
      onSubmit={form.onSubmit(({ name, role, life }) => {
        setFailure(null);
        const expires_at = life === "never" ? null : inDays(Number(life));
        create.mutate({ body: { name: name.trim(), role, expires_at } });
      })}
    >
      <Stack>
        <TextInput
          label="Name"
          description="What uses it."
          placeholder="Deploys from CI"
          required
          data-autofocus
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <Radio.Group label="Role" {...form.getInputProps("role")}>
          <Stack gap="xs" mt={6}>
            {rolesUpTo(me?.role ?? "viewer").map((role) => (
              <Radio key={role.value} value={role.value} label={role.label} description={role.description} />
            ))}
          </Stack>
        </Radio.Group>
        <Select label="Expires" data={LIVES} allowDeselect={false} {...form.getInputProps("life")} />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={create.isPending} disabled={form.values.name.trim() === ""}>
            Create
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !create.isPending} />
    </form>
  );
}
