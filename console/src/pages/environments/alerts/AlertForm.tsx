import { Group, MultiSelect, NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { optionsOf } from "@/components/options";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import {
  KIND_CHOICES,
  KIND_IDS,
  KINDS,
  SETTINGS,
  settingsOf,
  titleOf,
  withDefaults,
  type AlertModel,
  type Kind,
  type Setting,
} from "@/pages/environments/alerts/alert_words";
import { useTargets } from "@/pages/environments/alerts/use_alerts";
import { oneOf } from "@/state/search";

const MOST_TARGETS = 5;

interface Props {
  environment: Model<"Environment">;
  /** The alert that is edited, or a new one; null: the dialog is closed. */
  alert: AlertModel | "new" | null;
  onClose: () => void;
}

/** Asks when an alert tells, and whom. */
export function AlertDialog({ environment, alert, onClose }: Props) {
  const edited = alert === "new" ? null : alert;
  return (
    <FormModal opened={alert !== null} onClose={onClose} title={edited === null ? "Add alert" : "Edit alert"}>
      <AlertForm key={edited?.id} environment={environment} alert={edited} onClose={onClose} />
    </FormModal>
  );
}

interface FormProps extends Props {
  alert: AlertModel | null;
}

function AlertForm({ environment, alert, onClose }: FormProps) {
  const refused = useRefusal("editor");
  const targets = useTargets();
  const [failure, setFailure] = useState<Failure | null>(null);
  const first: Kind = alert?.kind ?? "rejected_share";
  const form = useForm({
    initialValues: {
      kind: first,
      name: alert?.name ?? "",
      targets: alert?.targets ?? [],
      ...withDefaults(first, alert ?? {}),
    },
  });
  const { kind } = form.values;
  const outcome = {
    meta: { showsFailures: true },
    onSuccess: (saved: AlertModel) => {
      toasts.done(`Alert “${titleOf(saved)}” ${alert === null ? "added" : "saved"}.`);
      onClose();
    },
    onError: (error: unknown) => setFailure(faultsToFields(form, error)),
  };
  const create = api.useMutation("post", "/v1/environments/{environment_id}/alerts", outcome);
  const change = api.useMutation("patch", "/v1/environments/{environment_id}/alerts/{alert_id}", outcome);
  const isPending = create.isPending || change.isPending;
  const choose = (chosen: Kind) => form.setValues({ kind: chosen, ...withDefaults(chosen) });
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        const name = values.name.trim();
        const settings = Object.fromEntries(settingsOf(kind).map((setting) => [setting, values[setting]]));
        const body = { ...settings, name: name === "" ? null : name, targets: values.targets };
        const path = { environment_id: environment.id };
        if (alert === null) create.mutate({ params: { path }, body: { kind, ...body } });
        else {
          const header = { "If-Match": `"${alert.version}"` };
          change.mutate({ params: { path: { ...path, alert_id: alert.id }, header }, body });
        }
      })}
    >
      <Stack>
        {alert === null && (
          <Select
            label="Kind"
            allowDeselect={false}
            data={KIND_CHOICES}
            {...form.getInputProps("kind")}
            onChange={(id: string | null) => choose(oneOf(id, KIND_IDS) ?? kind)}
          />
        )}
        <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
          {settingsOf(kind).map((setting) => (
            <SettingInput key={setting} kind={kind} setting={setting} props={form.getInputProps(setting)} />
          ))}
        </Group>
        <Text size="sm" role="status">
          {KINDS[kind].sentence(form.values)}
        </Text>
        <MultiSelect
          label="Targets"
          placeholder={form.values.targets.length === 0 ? "Nobody: only show it here" : undefined}
          description={targets.data?.items.length === 0 ? "Add a target below the alerts first." : undefined}
          data={optionsOf(targets.data?.items)}
          maxValues={MOST_TARGETS}
          {...form.getInputProps("targets")}
        />
        <TextInput
          label="Name"
          placeholder={KINDS[kind].title}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton
            type="submit"
            loading={isPending}
            refused={refused || (alert !== null && !form.isDirty() && "Nothing has been changed yet.")}
          >
            {alert === null ? "Add" : "Save"}
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !isPending} />
    </form>
  );
}

interface InputProps {
  kind: Kind;
  setting: Setting;
  props: object;
}

function SettingInput({ kind, setting, props }: InputProps) {
  const { label, min, max, decimals, suffix } = SETTINGS[setting];
  return (
    <NumberInput
      label={label}
      required
      min={min}
      max={max(kind)}
      allowNegative={false}
      decimalScale={decimals}
      thousandSeparator=","
      suffix={suffix}
      clampBehavior="blur"
      {...props}
    />
  );
}
