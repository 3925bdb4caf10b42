import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";
import { useState } from "react";

import { UnsavedGuard } from "@/components/UnsavedGuard";

const NOT_COPIED = {
  title: "Close without copying it?",
  text: "The token can’t be shown again: without it, delete it and make another.",
  leave: "Close without copying",
};

interface Props {
  token: string;
  /** What it is for: `The token “CI”`. */
  what: string;
  onDone: () => void;
}

/** A token in the one moment in which it can be seen. */
export function Secret({ token, what, onDone }: Props) {
  const [isCopied, setCopied] = useState(false);
  return (
    <Stack onCopy={() => setCopied(true)}>
      <Alert color="yellow" icon={<IconKey size={18} />} title="Copy it now">
        {what} is shown this once. What is kept of it is a hash.
      </Alert>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} data-token>
        {token}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={token}>
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
      <UnsavedGuard unsaved={!isCopied} asks={NOT_COPIED} />
      <Text size="sm" c="dimmed">
        Whoever has it can do what its role allows. Keep it where secrets are kept.
      </Text>
    </Stack>
  );
}
