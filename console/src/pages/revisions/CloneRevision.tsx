import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";

interface Props {
  revision: Model<"Revision"> | null;
  onClose: () => void;
  onCloned: (clone: Model<"CreatedRevision">) => void;
}

/** A new draft with the whole tree of another revision. */
export function CloneRevision({ revision, onClose, onCloned }: Props) {
  return (
    <FormModal opened={revision !== null} onClose={onClose} title={`Clone ${revision?.name ?? ""}`}>
      {revision !== null && <CloneForm revision={revision} onClose={onClose} onCloned={onCloned} />}
    </FormModal>
  );
}

function CloneForm({ revision, onClose, onCloned }: Props & { revision: Model<"Revision"> }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm({ initialValues: { name: "" } });
  const clone = api.useMutation("post", "/v1/endpoints/{endpoint_id}/revisions", {
    meta: { showsFailures: true },
    onSuccess: (made) => {
      toasts.done(`Revision “${made.name}” created.`);
      onClose();
      onCloned(made);
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  return (
    <form
      onSubmit={form.onSubmit(({ name }) => {
        setFailure(null);
        const body = { clone_of: revision.id, ...(name.trim() === "" ? {} : { name: name.trim() }) };
        clone.mutate({ params: { path: { endpoint_id: revision.endpoint_id } }, body });
      })}
    >
      <Stack>
        <Text size="sm">The new draft has the whole tree of this one, and remembers where it came from.</Text>
        <TextInput
          label="Name"
          description="Leave empty to number it."
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={clone.isPending}>
            Clone
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !clone.isPending} />
    </form>
  );
}
