import { Button, NumberInput, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { FormActions } from "@/components/FormActions";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { LIMIT, limitOf, PlanFields, planOf, planValues, type PlanValues } from "@/pages/organisation/PlanFields";

type Bound = keyof Model<"BoundsChange">;

const BOUNDS: Record<Bound, string> = {
  endpoints: "Endpoints at most",
  environments: "Environments",
  streams: "Delivery streams",
  domains: "Custom domains",
  secrets: "Stored credentials",
  certificates: "Certificates a month",
  changes: "Changes of streams and domains an hour",
};
const NAMES = Object.keys(BOUNDS) as Bound[];

interface Values {
  plan: PlanValues;
  bounds: Record<Bound, number | string>;
}

interface Props {
  organisation: Model<"Organisation">;
  onClose: () => void;
}

/** The plan of an organisation and the bounds of what it shares with all others. */
export function OrganisationLimits({ organisation, onClose }: Props) {
  const [failure, setFailure] = useState<Failure | null>(null);
  // As the form was filled: what another operator saved since is not written over.
  const [{ plan, limits, version, id, name }] = useState(organisation);
  const form = useForm<Values>({
    initialValues: {
      plan: planValues(plan),
      bounds: Object.fromEntries(NAMES.map((bound) => [bound, limits[bound].limit ?? ""])) as Values["bounds"],
    },
  });
  const change = api.useMutation("patch", "/v1/organisations/{organisation_id}", {
    meta: { showsFailures: true },
    onSuccess: () => {
      toasts.done(`Plan and bounds of “${name}” changed.`);
      onClose();
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  const submit = (values: Values) => {
    setFailure(null);
    const touched = NAMES.filter((bound) => form.isDirty(`bounds.${bound}`));
    change.mutate({
      params: { path: { organisation_id: id }, header: { "If-Match": `"${version}"` } },
      body: {
        ...(form.isDirty("plan") ? { plan: planOf(values.plan) } : {}),
        // A bound that was not touched may be the default, and goes on following it.
        ...(touched.length > 0
          ? { bounds: Object.fromEntries(touched.map((bound) => [bound, limitOf(values.bounds[bound])])) }
          : {}),
      },
    });
  };
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack>
        <Title order={3}>Plan</Title>
        <PlanFields form={form} />
        <Title order={3}>Bounds</Title>
        <Text size="sm" c="dimmed">
          They share out what all organisations of the deployment use together. Leave a field empty for the default.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {NAMES.map((bound) => (
            <NumberInput
              key={bound}
              label={BOUNDS[bound]}
              placeholder="Default"
              {...LIMIT}
              {...form.getInputProps(`bounds.${bound}`)}
            />
          ))}
        </SimpleGrid>
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
