import { Button, NumberInput, Radio, Stack, TextInput } from "@mantine/core";
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
  organisation: Model<"Organisation">;
  opened: boolean;
  onClose: () => void;
}

interface Values {
  plan: {
    name: string;
    requests_per_month: number | string;
    bytes_per_month: number | string;
    max_endpoints: number | string;
    over_limit: Model<"Plan">["over_limit"];
  };
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
  // As it was when the form was filled: what somebody else saved since is not to be written over.
  const [{ plan, version }] = useState(organisation);
  const form = useForm<Values>({
    initialValues: {
      plan: {
        name: plan.name,
        requests_per_month: plan.requests_per_month ?? "",
        bytes_per_month: plan.bytes_per_month ?? "",
        max_endpoints: plan.max_endpoints ?? "",
        over_limit: plan.over_limit,
      },
    },
  });
  const change = api.useMutation("patch", "/v1/organisation", {
    meta: { showsFailures: true },
    onSuccess: () => {
      toasts.done("Plan changed.");
      onClose();
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const submit = (values: Values) => {
    setFailure(null);
    change.mutate({
      params: { header: { "If-Match": `"${version}"` } },
      body: {
        plan: {
          name: values.plan.name.trim(),
          requests_per_month: limit(values.plan.requests_per_month),
          bytes_per_month: limit(values.plan.bytes_per_month),
          max_endpoints: limit(values.plan.max_endpoints),
          over_limit: values.plan.over_limit,
        },
      },
    });
  };
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack>
        <TextInput label="Name" maxLength={100} required data-autofocus {...form.getInputProps("plan.name")} />
        <NumberInput label="Requests a month" {...LIMIT} {...form.getInputProps("plan.requests_per_month")} />
        <NumberInput label="Bytes a month" {...LIMIT} {...form.getInputProps("plan.bytes_per_month")} />
        <NumberInput label="Endpoints" {...LIMIT} {...form.getInputProps("plan.max_endpoints")} />
        <Radio.Group label="Beyond a monthly limit" {...form.getInputProps("plan.over_limit")}>
          <Stack gap="xs" mt={6}>
            <Radio value="accept" label="Take events, and count them" />
            <Radio value="reject" label="Refuse events with 402 until the month is over or the plan is raised" />
          </Stack>
        </Radio.Group>
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

const LIMIT = { placeholder: "No limit", min: 1, allowDecimal: false, thousandSeparator: ",", hideControls: true };

function limit(value: number | string): number | null {
  return value === "" ? null : Number(value);
}
