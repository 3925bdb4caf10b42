import { Box, Group } from "@mantine/core";

import { Copy } from "@/components/Copy";

interface Props {
  code: string;
  /** What it is: `The snippet`, `The example`. */
  label: string;
  /** What the button copies; the code, if it is nothing else. */
  copied?: string;
  maxHeight?: number | undefined;
}

/** Code or JSON to read, scroll and copy. */
export function CodeBlock({ code, label, copied = code, maxHeight = 480 }: Props) {
  return (
    <Group
      wrap="nowrap"
      gap={0}
      align="stretch"
      bg="var(--page-colour)"
      bd="1px solid var(--line-colour)"
      style={{ borderRadius: "var(--mantine-radius-md)", overflow: "hidden" }}
    >
      <Box
        component="pre"
        tabIndex={0}
        role="region"
        aria-label={label}
        className="mono"
        flex={1}
        miw={0}
        m={0}
        p="md"
        pr="xs"
        mah={maxHeight}
        style={{ overflow: "auto", fontSize: "0.8125rem", lineHeight: 1.55 }}
      >
        {code}
      </Box>
      {/* Beside the code, not over it: on a phone, what is under a button can't be read. */}
      <Box p={8} flex="none">
        <Copy value={copied} label={`Copy: ${label}`} />
      </Box>
    </Group>
  );
}
