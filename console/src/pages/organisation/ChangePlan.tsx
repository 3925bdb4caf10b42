import { Button, Stack } from "@mantine/core";
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
import { PlanFields, planOf, planValues, type PlanValues } from "@/pages/organisation/PlanFields";

interface Props {
  organisation: Model<"Organisation">;
  opened: boolean;
  onClose: () => void;
}

export function ChangePlan({ organisation, opened, onClose }: Props) {
  return (
    <FormModal opened={opened} onClose={onClose} title="Change plan">
      <PlanForm organisation={organisation} onClose={onClose} />
    </FormModal>
  );
}

function PlanForm({ organisation, onClose }: Omit<Props, "opened">) {
  const [failure, setFailure] = useState<Failure | null>(null);
  // As it was when the form was filled: what someone else saved since is not to be written over.
  const [{ plan, version }] = useState(organisation);
  const form = useForm<{ plan: PlanValues }>({ initialValues: { plan: planValues(plan) } });
  const change = api.useMutation("patch", "/v1/organisation", {
    meta: { showsFailures: true },
    onSuccess: () => {
      toasts.done("Plan changed.");
      onClose();
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const submit = (values: { plan: PlanValues }) => {
    setFailure(null);
    change.mutate({ params: { header: { "If-Match": `"${version}"` } }, body: { plan: planOf(values.plan) } });
  };
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack>
        <PlanFields form={form} />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={change.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !change.isPending} />
    </form>
  );
}
