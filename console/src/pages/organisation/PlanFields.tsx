import { NumberInput, Radio, Stack, TextInput } from "@mantine/core";

import type { Model } from "@/api/types";

/** A plan as a form holds it; an empty limit is none. */
export interface PlanValues {
  name: string;
  requests_per_month: number | string;
  bytes_per_month: number | string;
  max_endpoints: number | string;
  over_limit: Model<"Plan">["over_limit"];
}

export const LIMIT = { min: 1, allowDecimal: false, thousandSeparator: ",", hideControls: true };

export function planValues(plan: Model<"Plan">): PlanValues {
  return {
    name: plan.name,
    requests_per_month: plan.requests_per_month ?? "",
    bytes_per_month: plan.bytes_per_month ?? "",
    max_endpoints: plan.max_endpoints ?? "",
    over_limit: plan.over_limit,
  };
}

/** The plan that the form describes. */
export function planOf(values: PlanValues): Model<"PlanChange"> {
  return {
    name: values.name.trim(),
    requests_per_month: limitOf(values.requests_per_month),
    bytes_per_month: limitOf(values.bytes_per_month),
    max_endpoints: limitOf(values.max_endpoints),
    over_limit: values.over_limit,
  };
}

export function limitOf(value: number | string): number | null {
  return value === "" ? null : Number(value);
}

/** The fields of a plan, of a form that has it as `plan`. */
export function PlanFields({ form }: { form: { getInputProps: (path: string) => object } }) {
  const limit = { placeholder: "No limit", ...LIMIT };
  return (
    <>
      <TextInput label="Name" maxLength={100} required data-autofocus {...form.getInputProps("plan.name")} />
      <NumberInput label="Requests per month" {...limit} {...form.getInputProps("plan.requests_per_month")} />
      <NumberInput label="Bytes per month" {...limit} {...form.getInputProps("plan.bytes_per_month")} />
      <NumberInput label="Endpoints" {...limit} {...form.getInputProps("plan.max_endpoints")} />
      <Radio.Group label="Beyond a monthly limit" {...form.getInputProps("plan.over_limit")}>
        <Stack gap="xs" mt={6}>
          <Radio value="accept" label="Accept events and count them" />
          <Radio value="reject" label="Reject events with 402 until the month ends or the plan is raised" />
        </Stack>
      </Radio.Group>
    </>
  );
}
