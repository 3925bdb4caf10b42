import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
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
import { useSettingChange } from "@/pages/environments/keys/setting_change";
import { makeWriteKey, standsAt } from "@/pages/environments/keys/write_keys";

interface Props {
  environment: Model<"Environment">;
  onClose: () => void;
  onAdded?: (key: string) => void;
}

/** Asks for a write key of an environment, the sender's own or a new one. */
export function AddWriteKey({ opened, ...props }: Props & { opened: boolean }) {
  return (
    <FormModal opened={opened} onClose={props.onClose} title="Add write key">
      <WriteKeyForm {...props} />
    </FormModal>
  );
}

function WriteKeyForm({ environment, onClose, onAdded }: Props) {
  const refused = useRefusal("editor");
  const [failure, setFailure] = useState<Failure | null>(null);
  const form = useForm({ initialValues: { key: "" } });
  const keys = environment.write_keys;
  const key = form.values.key.trim();
  const change = useSettingChange(environment, {
    onSaved: () => {
      toasts.done(`Write key “${key}” added.`);
      onAdded?.(key);
      onClose();
    },
    onFailed: (error) => setFailure(faultsToFields(form, error, standsAt(keys.length))),
  });
  return (
    <form
      onSubmit={form.onSubmit(() => {
        setFailure(null);
        change.save({ write_keys: [...keys, key] });
      })}
    >
      <Stack>
        {keys.length === 0 && (
          <Alert color="yellow" title="Every request needs a write key from then on">
            Requests without it are answered 401 and not kept, within 5 seconds. Put the key into your senders first.
            Signed webhooks need none.
          </Alert>
        )}
        <Stack gap={4}>
          <TextInput
            label="Key"
            description="The key that your sender has already, or any other. Pages and apps show it to everyone."
            placeholder="shop-web"
            required
            maxLength={128}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            classNames={{ input: "mono" }}
            {...form.getInputProps("key")}
          />
          <Group>
            <Button
              variant="default"
              size="compact-xs"
              onClick={() => {
                form.setFieldValue("key", makeWriteKey());
                form.clearFieldError("key");
              }}
            >
              Generate key
            </Button>
          </Group>
        </Stack>
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
