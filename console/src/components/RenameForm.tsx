import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { failureFrom } from "@/api/problem";
import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { UnsavedGuard } from "@/components/UnsavedGuard";

interface Props {
  /** What is renamed: `endpoint`. */
  what: string;
  /** The name it has; null closes the form. */
  name: string | null;
  onClose: () => void;
  onRename: (name: string) => void;
  busy: boolean;
  error: unknown;
}

/** Asks for a new name. */
export function RenameForm(props: Props) {
  return (
    <FormModal opened={props.name !== null} onClose={props.onClose} title={`Rename ${props.what}`}>
      {props.name !== null && <NameForm {...props} name={props.name} />}
    </FormModal>
  );
}

function NameForm({ name, onClose, onRename, busy, error }: Props & { name: string }) {
  const [typed, setTyped] = useState(name);
  const failure = error === null || error === undefined ? null : failureFrom(error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onRename(typed.trim());
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          data-autofocus
          maxLength={100}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={failure === null ? undefined : (failure.faults[0]?.message ?? failure.message)}
        />
        <FormActions onCancel={onClose}>
          <Button type="submit" loading={busy} disabled={typed.trim() === "" || typed.trim() === name}>
            Rename
          </Button>
        </FormActions>
      </Stack>
      <UnsavedGuard unsaved={typed.trim() !== name && !busy} />
    </form>
  );
}
