import { Button, Group, Paper, Stack } from "@mantine/core";
import type { ReactNode } from "react";

import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import type { useEnvironmentForm } from "@/pages/environments/settings/use_environment_form";

interface Props {
  change: ReturnType<typeof useEnvironmentForm>;
  children: ReactNode;
}

/** A form on a page of an environment, with its buttons; leaving it asks before it loses anything. */
export function ChangeForm({ change, children }: Props) {
  const refused = useRefusal("editor");
  const isChanged = change.form.isDirty();
  return (
    <Paper maw={760}>
      <form onSubmit={change.save}>
        <Stack>
          {children}
          <FormFailure failure={change.failure} />
          <Group justify="flex-end">
            <Button variant="default" disabled={!isChanged || change.isSaving} onClick={change.discard}>
              Discard changes
            </Button>
            <ActionButton
              type="submit"
              loading={change.isSaving}
              refused={refused || (!isChanged && "Nothing has been changed yet.")}
            >
              Save
            </ActionButton>
          </Group>
        </Stack>
        <UnsavedGuard unsaved={isChanged && !change.isSaving} />
      </form>
    </Paper>
  );
}
