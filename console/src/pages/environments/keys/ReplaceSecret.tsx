import { Checkbox, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsToFields, FormFailure } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { SCHEMES } from "@/pages/environments/keys/hook_schemes";
import { HookSecret } from "@/pages/environments/keys/HookSecret";
import { SecretField } from "@/pages/environments/keys/SecretField";
import { useSettingChange } from "@/pages/environments/keys/setting_change";
import { standsAt, withNewSecret } from "@/pages/environments/keys/webhook_changes";

interface Props {
  environment: Model<"Environment">;
  /** Null: closed. */
  hook: Model<"ShownWebhook"> | null;
  onClose: () => void;
}

/** Asks for a webhook's next secret. */
export function ReplaceSecret({ environment, hook, onClose }: Props) {
  return (
    <FormModal opened={hook !== null} onClose={onClose} title={`Replace the secret of ${hook?.name ?? ""}`}>
      {hook !== null && <SecretForm environment={environment} hook={hook} onClose={onClose} />}
    </FormModal>
  );
}

function SecretForm({ environment, hook, onClose }: Props & { hook: Model<"ShownWebhook"> }) {
  const refused = useRefusal("editor");
  const rows = environment.webhooks;
  const texts = SCHEMES[hook.scheme];
  const hasTwo = hook.secrets_set > 1;
  const [failure, setFailure] = useState<Failure | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const [isShown, setShown] = useState(false);
  const form = useForm({ initialValues: { secret: "", keepsNewest: hook.secrets_set > 0 } });
  const change = useSettingChange(environment, {
    onSaved: () => {
      toasts.done(`The secret of “${hook.name}” is replaced.`);
      if (made !== null && form.values.secret === made) setShown(true);
      else onClose();
    },
    onFailed: (error) => {
      const place = rows.findIndex(({ name }) => name === hook.name);
      setFailure(faultsToFields(form, error, standsAt(place)));
    },
  });
  if (isShown) return <HookSecret secret={made ?? ""} name={hook.name} address={hook.address} onDone={onClose} />;
  return (
    <form
      onSubmit={form.onSubmit(({ secret, keepsNewest }) => {
        setFailure(null);
        change.save({ webhooks: withNewSecret(rows, hook.name, secret.trim(), keepsNewest) });
      })}
    >
      <Stack>
        <SecretField
          label="New secret"
          description={texts.secret}
          data-autofocus
          onMade={texts.isChosen ? setMade : undefined}
          {...form.getInputProps("secret")}
        />
        <Checkbox
          label={hasTwo ? "Keep accepting the newer of its two secrets" : "Keep accepting the current secret"}
          description="Until you remove it. No request is lost while you change the sender."
          {...form.getInputProps("keepsNewest", { type: "checkbox" })}
        />
        {(hasTwo || !form.values.keepsNewest) && (
          <Text size="sm">
            Requests signed with {hasTwo ? (form.values.keepsNewest ? "the older one" : "either of them") : "it"} are
            answered 401 within 5 seconds, and are not kept.
          </Text>
        )}
        <FormFailure failure={failure} />
        <FormActions onCancel={onClose}>
          <ActionButton type="submit" loading={change.isPending} refused={refused}>
            Replace
          </ActionButton>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={form.isDirty() && !change.isPending} />
    </form>
  );
}
