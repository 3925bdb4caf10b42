import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";

/** The end of a form in a dialog: a way out, and what it is there for. */
export function FormActions({ onCancel, children }: { onCancel: () => void; children: ReactNode }) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      {children}
    </Group>
  );
}
