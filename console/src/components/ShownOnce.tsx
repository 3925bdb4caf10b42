import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";

import type { Leaving } from "@/components/Closing";
import { UnsavedGuard } from "@/components/UnsavedGuard";

interface Props {
  secret: string;
  /** What it is, and what is kept of it. */
  told: ReactNode;
  /** What to know of it, below. */
  note: ReactNode;
  /** What is asked before it is closed without a copy; one object for as long as it is shown. */
  asks: Leaving;
  onDone: () => void;
}

/** A secret in the one moment in which it can be seen. */
export function ShownOnce({ secret, told, note, asks, onDone }: Props) {
  const [isCopied, setCopied] = useState(false);
  return (
    <Stack onCopy={() => setCopied(true)}>
      <Alert color="yellow" icon={<IconKey size={18} />} title="Copy it now">
        {told}
      </Alert>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} data-secret>
        {secret}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              onClick={() => {
                copy();
                setCopied(true);
              }}
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>Done</Button>
      </Group>
      <UnsavedGuard unsaved={!isCopied} asks={asks} />
      <Text size="sm" c="dimmed" component="div">
        {note}
      </Text>
    </Stack>
  );
}
