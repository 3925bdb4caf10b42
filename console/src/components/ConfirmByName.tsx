import { Button, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { FirstFocus } from "@/components/FirstFocus";
import { FormActions } from "@/components/FormActions";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** `Delete endpoint`. */
  title: string;
  name: string;
  /** What goes with it, and what stays. */
  children: ReactNode;
  /** What the button says; the title, if it says nothing else. */
  action?: string;
  busy: boolean;
  onConfirm: () => void;
}

/** Asks for the name of what is about to be destroyed. */
export function ConfirmByName(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <FirstFocus />
      <Confirmation {...props} />
    </Modal>
  );
}

function Confirmation({ onClose, title, name, children, action = title, busy, onConfirm }: Props) {
  const [typed, setTyped] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === name) onConfirm();
      }}
    >
      <Stack>
        <Text component="div">{children}</Text>
        <TextInput
          data-autofocus
          label={
            <>
              Type <strong>{name}</strong> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <FormActions onCancel={onClose}>
          <Button type="submit" color="red" disabled={typed !== name} loading={busy}>
            {action}
          </Button>
        </FormActions>
      </Stack>
    </form>
  );
}
