import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";

interface Props {
  token: string;
  /** What it is for: `The token “CI”`. */
  what: string;
  onDone: () => void;
}

/** A token in the one moment in which it can be seen. */
export function Secret({ token, what, onDone }: Props) {
  return (
    <Stack>
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
              onClick={copy}
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onDone}>Done</Button>
      </Group>
      <Text size="sm" c="dimmed">
        Whoever has it can do what its role allows. Keep it where secrets are kept.
      </Text>
    </Stack>
  );
}
