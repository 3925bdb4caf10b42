import { Checkbox, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { ShownOnce } from "@/components/ShownOnce";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import {
  TARGET_KIND_CHOICES,
  TARGET_KIND_IDS,
  TARGET_KINDS,
  type Target,
} from "@/pages/environments/alerts/alert_words";
import { oneOf } from "@/state/search";

const NOT_COPIED = {
  title: "Close without copying it?",
  text: "The secret can’t be shown again: without it, replace it by another.",
  leave: "Close without copying",
};

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Asks for someone whom alerts can tell. */
export function AddTarget({ opened, onClose }: Props) {
  return (
    <FormModal opened={opened} onClose={onClose} title="Add target">
      <TargetForm onClose={onClose} />
    </FormModal>
  );
}

function TargetForm({ onClose }: { onClose: () => void }) {
  const refused = useRefusal("editor");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm({ initialValues: { kind: "email" as Target["kind"], name: "", email: "", url: "" } });
  const { kind } = form.values;
  const create = api.useMutation("post", "/v1/alert-targets", {
    meta: { showsFailures: true },
    onSuccess: (made) => {
      toasts.done(`Target “${made.name}” added.`);
      if (made.secret === null) onClose();
      else setSecret(made.secret);
    },
    onError: (error) => setFailure(faultsToFields(form, error)),
  });
  if (secret !== null) return <Secret secret={secret} onDone={onClose} />;
  return (
    <form
      onSubmit={form.onSubmit(({ name, email, url }) => {
        setFailure(null);
        const place = kind === "email" ? { email: email.trim() } : { url: url.trim() };
        create.mutate({ body: { kind, name: name.trim(), ...place } });
      })}
    >
      <Stack>
        <Select
          label="Kind"
          description={TARGET_KINDS[kind].hint}
          allowDeselect={false}
          data={TARGET_KIND_CHOICES}
          {...form.getInputProps("kind")}
          onChange={(id: string | null) => form.setFieldValue("kind", oneOf(id, TARGET_KIND_IDS) ?? kind)}
        />
        <TextInput
          label="Name"
          placeholder="On call"
          required
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        {kind === "email" ? (
          <TextInput
            key="email"
            label="Address"
            type="email"
            placeholder="ops@example.com"
            required
            autoComplete="off"
            {...form.getInputProps("email")}
          />
        ) : (
          <TextInput
            key="url"
            label="URL"
            placeholder="https://hooks.example.com/alerts"
            required
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: "mono" }}
            {...form.getInputProps("url")}
          />
        )}
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton type="submit" loading={create.isPending} refused={refused}>
            Add
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !create.isPending} />
    </form>
  );
}

interface NewSecretProps {
  /** Null: the dialog is closed. */
  target: Target | null;
  onClose: () => void;
}

/** Gives a webhook a new secret, beside the one that it has or instead of it. */
export function NewSecret({ target, onClose }: NewSecretProps) {
  return (
    <FormModal opened={target !== null} onClose={onClose} title="Replace secret">
      {target !== null && <Rotation target={target} onClose={onClose} />}
    </FormModal>
  );
}

function Rotation({ target, onClose }: { target: Target; onClose: () => void }) {
  const [keeps, setKeeps] = useState(true);
  const [secret, setSecret] = useState<string | null>(null);
  const rotation = api.useMutation("post", "/v1/alert-targets/{target_id}/secret", {
    onSuccess: (made) => setSecret(made.secret),
  });
  if (secret !== null) return <Secret secret={secret} onDone={onClose} />;
  return (
    <Stack>
      <Text size="sm">“{target.name}” gets a new secret, which is shown once.</Text>
      <Checkbox
        label="Sign with the present secret as well, for 24 hours"
        description="Time to change the receiver. Turn it off if the secret has leaked."
        checked={keeps}
        onChange={(event) => setKeeps(event.currentTarget.checked)}
      />
      <FormActions onCancel={onClose}>
        <ActionButton
          loading={rotation.isPending}
          onClick={() =>
            rotation.mutate({ params: { path: { target_id: target.id } }, body: { keep_previous: keeps } })
          }
        >
          Replace
        </ActionButton>
      </FormActions>
    </Stack>
  );
}

function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <ShownOnce
      secret={secret}
      told="The secret is shown this once. Your receiver checks signatures with it."
      note="Libraries of Standard Webhooks check them; docs/alerts.md has an example without one."
      asks={NOT_COPIED}
      onDone={onDone}
    />
  );
}
