import { Alert, Select, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormActions } from "@/components/FormActions";
import { FormDrawer } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { TextLink } from "@/components/LinkButton";
import { optionsOf } from "@/components/options";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { DestinationFields } from "@/pages/environments/settings/DestinationFields";
import { signingSecretOf } from "@/pages/environments/settings/destination_form";
import {
  emptyEnvironment,
  STANDS,
  settingsOf,
  type EnvironmentForm,
} from "@/pages/environments/settings/environment_form";
import { TestDestination } from "@/pages/environments/settings/TestDestination";
import { SigningSecret } from "@/pages/environments/settings/SigningSecret";
import { SettingsFields } from "@/pages/environments/settings/SettingsFields";

interface Props {
  endpointId: string;
  revisions: Model<"Revision">[];
  opened: boolean;
  onClose: () => void;
}

/** Makes an environment, in a drawer over the list. */
export function CreateEnvironment({ opened, ...props }: Props) {
  return (
    <FormDrawer opened={opened} onClose={props.onClose} title="New environment">
      <Create {...props} />
    </FormDrawer>
  );
}

function Create({ endpointId, revisions, onClose }: Omit<Props, "opened">) {
  const finalised = revisions.filter(({ state }) => state === "finalised");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const refused = useRefusal("editor");
  const form = useForm<EnvironmentForm>({ initialValues: emptyEnvironment(finalised.at(-1)?.id ?? "") });
  const create = api.useMutation("post", "/v1/endpoints/{endpoint_id}/environments", {
    meta: { showsFailures: true },
    onSuccess: (environment) => {
      toasts.done(`Environment “${environment.name}” created.`);
      setSecret(signingSecretOf(environment));
      if (signingSecretOf(environment) === null) onClose();
    },
    onError: (error) => setFailure(faultsToFields(form, error, STANDS)),
  });
  if (secret !== null) return <SigningSecret secret={secret} onDone={onClose} />;
  if (finalised.length === 0) {
    return (
      <Alert color="yellow" title="There is no finalised revision yet">
        An environment runs a finalised revision.{" "}
        <TextLink to="/endpoints/$endpointId/revisions" params={{ endpointId }}>
          Finalise one first
        </TextLink>
        .
      </Alert>
    );
  }
  const submit = form.onSubmit((values) => {
    setFailure(null);
    const settings = settingsOf(values);
    if (typeof settings === "string") form.setFieldError("destination.credentials", settings);
    else {
      const body = { ...settings, revision_id: values.revision_id };
      create.mutate({ params: { path: { endpoint_id: endpointId } }, body });
    }
  });
  return (
    <form onSubmit={submit}>
      <Stack>
        <SettingsFields form={form} isFolded>
          <Select
            label="Revision"
            description="Only finalised revisions can run."
            searchable
            allowDeselect={false}
            data={optionsOf(finalised.toReversed())}
            {...form.getInputProps("revision_id")}
          />
          <DestinationFields form={form} isMade={false}>
            {form.values.destination.kind !== "managed" && <TestDestination form={form} />}
          </DestinationFields>
        </SettingsFields>
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton type="submit" loading={create.isPending} refused={refused}>
            Create
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !create.isPending} />
    </form>
  );
}
