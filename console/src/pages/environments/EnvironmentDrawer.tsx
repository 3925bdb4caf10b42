import { Alert, Checkbox, NumberInput, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
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
import { DestinationCheck } from "@/pages/environments/DestinationCheck";
import { DestinationFields } from "@/pages/environments/DestinationFields";
import {
  emptyEnvironment,
  environmentForm,
  STANDS,
  settingsOf,
  touched,
  type EnvironmentForm,
} from "@/pages/environments/environment_form";

interface Props {
  endpointId: string;
  revisions: Model<"Revision">[];
  /** What is opened: a new environment, one that is changed, or nothing. */
  opened: "new" | Model<"Environment"> | null;
  onClose: () => void;
}

/** Makes an environment or changes one, in a drawer over the table. */
export function EnvironmentDrawer({ endpointId, revisions, opened, onClose }: Props) {
  const title = opened === "new" ? "New environment" : (opened?.name ?? "");
  return (
    <FormDrawer opened={opened !== null} onClose={onClose} title={title}>
      {opened === "new" && <Create endpointId={endpointId} revisions={revisions} onClose={onClose} />}
      {opened !== null && opened !== "new" && <Change key={opened.id} environment={opened} onClose={onClose} />}
    </FormDrawer>
  );
}

function Create({ endpointId, revisions, onClose }: Omit<Props, "opened">) {
  const finalised = revisions.filter(({ state }) => state === "finalised");
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm<EnvironmentForm>({ initialValues: emptyEnvironment(finalised.at(-1)?.id ?? "") });
  const create = api.useMutation("post", "/v1/endpoints/{endpoint_id}/environments", {
    meta: { showsFailures: true },
    onSuccess: (environment) => {
      toasts.done(`Environment “${environment.name}” created.`);
      onClose();
    },
    onError: (error) => setFailure(faultsToFields(form, error, STANDS)),
  });
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
  return (
    <Settings
      form={form}
      failure={failure}
      busy={create.isPending}
      action="Create"
      onClose={onClose}
      onSubmit={(settings) => {
        setFailure(null);
        const body = { ...settings, revision_id: form.values.revision_id };
        create.mutate({ params: { path: { endpoint_id: endpointId } }, body });
      }}
      revision={
        <Select
          label="Revision"
          description="Finalised ones only."
          searchable
          allowDeselect={false}
          data={optionsOf(finalised.toReversed())}
          {...form.getInputProps("revision_id")}
        />
      }
    />
  );
}

function Change({ environment, onClose }: { environment: Model<"Environment">; onClose: () => void }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  // Until somebody is told that another has saved since, the one that the form was filled from; then the newest.
  const [{ version }] = useState(environment);
  const [isTold, setTold] = useState(false);
  const queries = useQueryClient();
  const form = useForm<EnvironmentForm>({ initialValues: environmentForm(environment) });
  const change = api.useMutation("patch", "/v1/environments/{environment_id}", {
    meta: { showsFailures: true },
    onSuccess: (changed) => {
      toasts.done(`Environment “${changed.name}” changed.`);
      onClose();
    },
    onError: async (error) => {
      const met = faultsToFields(form, error, STANDS);
      if (met.status === 412) {
        await queries.invalidateQueries();
        setTold(true);
      }
      setFailure(met);
    },
  });
  return (
    <Settings
      form={form}
      failure={failure}
      busy={change.isPending}
      action="Save"
      isMade
      intro={
        environment.status === "failed" && (
          <Alert color="red" title="It could not be set up">
            {environment.status_reason} Saving tries again.
          </Alert>
        )
      }
      destination={<DestinationCheck environment={environment} isChanged={form.isDirty("destination")} />}
      senders={
        <Text size="sm">
          <TextLink
            to="/endpoints/$endpointId/environments/$environmentId/keys-and-webhooks"
            params={{ endpointId: environment.endpoint_id, environmentId: environment.id }}
            underline="always"
          >
            Write keys and webhooks
          </TextLink>{" "}
          are on a page of their own.
        </Text>
      }
      onClose={onClose}
      onSubmit={(settings) => {
        setFailure(null);
        // What was not touched is not sent: somebody else may have changed it, and a destination is tried live.
        const body = touched(settings, (field) => form.isDirty(field));
        const header = { "If-Match": `"${isTold ? environment.version : version}"` };
        change.mutate({ params: { path: { environment_id: environment.id }, header }, body });
      }}
    />
  );
}

interface SettingsProps {
  form: ReturnType<typeof useForm<EnvironmentForm>>;
  failure: Failure | null;
  busy: boolean;
  action: string;
  isMade?: boolean;
  intro?: React.ReactNode;
  revision?: React.ReactNode;
  /** What stands below the destination's fields. */
  destination?: React.ReactNode;
  /** What stands below the origins. */
  senders?: React.ReactNode;
  onClose: () => void;
  onSubmit: (settings: Exclude<ReturnType<typeof settingsOf>, string>) => void;
}

function Settings({ form, failure, busy, action, isMade = false, onClose, onSubmit, ...parts }: SettingsProps) {
  const refused = useRefusal("editor");
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        const settings = settingsOf(values);
        if (typeof settings === "string") form.setFieldError("destination.credentials", settings);
        else onSubmit(settings);
      })}
    >
      <Stack>
        {parts.intro}
        <TextInput
          label="Name"
          placeholder="Production"
          required
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        {parts.revision}
        <DestinationFields form={form} isMade={isMade}>
          {parts.destination}
        </DestinationFields>
        <Select
          label="Events that are not valid"
          data={[
            { value: "quarantine", label: "Are kept in quarantine, to be looked at and sent again" },
            { value: "reject", label: "Are refused and not kept" },
          ]}
          allowDeselect={false}
          {...form.getInputProps("on_invalid")}
        />
        <Textarea
          label="Origins"
          description="Whose pages may send events, one a line; empty: all. Servers are not bound by it."
          placeholder="https://shop.example"
          classNames={{ input: "mono" }}
          autosize
          minRows={2}
          spellCheck={false}
          {...form.getInputProps("allowed_origins")}
        />
        {parts.senders}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <NumberInput
            label="Rate limit"
            description="Events a second; empty: none."
            min={1}
            max={1_000_000}
            allowDecimal={false}
            {...form.getInputProps("rate_limit")}
          />
          <NumberInput
            label="Delivery streams"
            description="More for more than 1,000 requests a second."
            min={1}
            max={50}
            allowDecimal={false}
            {...form.getInputProps("streams")}
          />
          <NumberInput
            label="Buffer time"
            description="Seconds in which a stream gathers events into one object; empty: as the deployment does."
            min={0}
            max={900}
            allowDecimal={false}
            {...form.getInputProps("buffer_seconds")}
          />
        </SimpleGrid>
        <Checkbox
          label="Keep client addresses of quarantined events"
          {...form.getInputProps("store_addresses", { type: "checkbox" })}
        />
        <Checkbox
          label="Protect values in quarantine"
          description="Quarantine keeps a hash, a part or nothing of protected fields, as what is stored does. What is no text there, or can’t be read, is not kept."
          {...form.getInputProps("quarantine_protected", { type: "checkbox" })}
        />
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton type="submit" loading={busy} refused={refused}>
            {action}
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !busy} />
    </form>
  );
}
