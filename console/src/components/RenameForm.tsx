import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { FormActions } from "@/components/FormActions";
import { FormModal } from "@/components/FormDialog";
import { faultsAt, FormFailure } from "@/components/FormFailure";
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
  const { atFields, left } = faultsAt(error, ["name"]);
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
          error={atFields.get("name")}
        />
        <FormFailure failure={left} />
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
