import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { TokenSecret } from "@/pages/organisation/TokenSecret";

export function NewOrganisation({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormModal opened={opened} onClose={onClose} title="New organisation">
      <Creation onClose={onClose} />
    </FormModal>
  );
}

function Creation({ onClose }: { onClose: () => void }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm({ initialValues: { name: "", owner_email: "" } });
  const create = api.useMutation("post", "/v1/organisations", {
    meta: { showsFailures: true },
    onSuccess: (organisation) => toasts.done(`Organisation “${organisation.name}” created.`),
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const token = create.data?.token;
  if (token !== undefined && token !== null) {
    return <TokenSecret token={token} what={`The first token of ${create.data?.owner.email ?? ""}`} onDone={onClose} />;
  }
  const isEmpty = Object.values(form.values).some((value) => value.trim() === "");
  return (
    <form
      onSubmit={form.onSubmit(({ name, owner_email }) => {
        setFailure(null);
        create.mutate({ body: { name: name.trim(), owner_email: owner_email.trim() } });
      })}
    >
      <Stack>
        <TextInput
          label="Name"
          description="It has endpoints, members and a plan of its own, and sees nothing of other organisations."
          placeholder="Branch"
          required
          data-autofocus
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <TextInput
          type="email"
          label="Owner’s e-mail"
          description="Nothing is mailed: pass on the token that is shown next. It ends after 7 days."
          placeholder="ann@example.com"
          required
          {...form.getInputProps("owner_email")}
        />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={create.isPending} disabled={isEmpty}>
            Create
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !create.isPending} />
    </form>
  );
}
