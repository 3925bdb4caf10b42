import { Alert, Input, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { CopyField } from "@/components/Copy";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import {
  freeName,
  postingAddress,
  SCHEME_CHOICES,
  SCHEME_IDS,
  SCHEMES,
  type HookScheme,
} from "@/pages/environments/keys/hook_schemes";
import { HookSecret } from "@/pages/environments/keys/HookSecret";
import { SecretField } from "@/pages/environments/keys/SecretField";
import { useSettingChange } from "@/pages/environments/keys/setting_change";
import { standsAt, withWebhook } from "@/pages/environments/keys/webhook_changes";
import { oneOf } from "@/state/search";

interface Props {
  environment: Model<"Environment">;
  /** The one that is chosen at first. */
  scheme?: HookScheme;
  onClose: () => void;
}

/** Asks for a webhook that an environment is to accept. */
export function AddWebhook({ opened, ...props }: Props & { opened: boolean }) {
  return (
    <FormModal opened={opened} onClose={props.onClose} title="Add webhook">
      <WebhookForm {...props} />
    </FormModal>
  );
}

function WebhookForm({ environment, scheme: first = "github", onClose }: Props) {
  const refused = useRefusal("editor");
  const rows = environment.webhooks;
  const [failure, setFailure] = useState<Failure | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const [added, setAdded] = useState<Model<"ShownWebhook"> | null>(null);
  const names = rows.map(({ name }) => name);
  const form = useForm({ initialValues: { scheme: first, name: freeName(first, names), secret: "" } });
  const { scheme, secret } = form.values;
  const name = form.values.name.trim();
  const texts = SCHEMES[scheme];
  const isMade = made !== null && secret === made;
  const address = `${environment.address.replace(/\/$/, "")}/hooks/${name}`;
  const change = useSettingChange(environment, {
    onSaved: ({ webhooks }) => {
      toasts.done(`Webhook “${name}” added.`);
      const shown = webhooks.find((row) => row.name === name);
      if (isMade && texts.secret !== null && shown !== undefined) setAdded(shown);
      else onClose();
    },
    onFailed: (error) => setFailure(faultsToFields(form, error, standsAt(rows.length))),
  });
  if (added !== null) {
    return <HookSecret secret={made ?? ""} name={added.name} address={added.address} onDone={onClose} />;
  }
  const choose = (chosen: HookScheme) => {
    const isOwn = name !== freeName(scheme, names);
    form.setValues({ scheme: chosen, ...(isOwn ? {} : { name: freeName(chosen, names) }) });
  };
  return (
    <form
      onSubmit={form.onSubmit(() => {
        setFailure(null);
        const signing = texts.secret === null ? {} : { secrets: [secret.trim()] };
        change.save({ webhooks: withWebhook(rows, { name, scheme, ...signing }) });
      })}
    >
      <Stack>
        <Select
          label="Sender"
          allowDeselect={false}
          data={SCHEME_CHOICES}
          {...form.getInputProps("scheme")}
          onChange={(id: string | null) => choose(oneOf(id, SCHEME_IDS) ?? scheme)}
        />
        <TextInput
          label="Name"
          description="The end of its address. Events carry it as hook."
          required
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: "mono" }}
          {...form.getInputProps("name")}
        />
        <Input.Wrapper label="Address to give to the sender" labelElement="div">
          <CopyField
            cutAt="start"
            value={postingAddress({ address, scheme }, environment.write_keys)}
            label="Copy the address"
          />
        </Input.Wrapper>
        {texts.secret === null ? (
          <Alert color="yellow" title="Anyone who knows the address can send">
            {environment.write_keys.length > 0
              ? "The address above carries a write key of this environment, which you can replace."
              : "Add a write key to the environment: the address then carries a key that you can replace."}
          </Alert>
        ) : (
          <SecretField
            description={texts.secret}
            onMade={texts.isChosen ? setMade : undefined}
            {...form.getInputProps("secret")}
          />
        )}
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton type="submit" loading={change.isPending} refused={refused}>
            Add
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !change.isPending} />
    </form>
  );
}
