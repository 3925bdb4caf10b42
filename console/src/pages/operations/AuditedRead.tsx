import { Alert, Button, Group } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";

interface Props {
  /** What may be seen: `The text may hold events`. */
  children: string;
  /** `Show the text`. */
  action: string;
  busy: boolean;
  onRead: () => void;
}

/** Says what a look shows and leaves behind, before it is taken. */
export function AuditedRead({ children, action, busy, onRead }: Props) {
  return (
    <Alert color="yellow" icon={<IconEye size={18} />} title="Looking is remembered">
      {children} of any organisation. The audit log remembers that you have read it.
      <Group mt="sm">
        <Button size="xs" loading={busy} onClick={onRead}>
          {action}
        </Button>
      </Group>
    </Alert>
  );
}
