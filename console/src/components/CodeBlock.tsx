import { Box } from "@mantine/core";

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
    <Box pos="relative">
      <Box
        component="pre"
        tabIndex={0}
        role="region"
        aria-label={label}
        className="mono"
        m={0}
        p="md"
        pr={44}
        mah={maxHeight}
        bg="var(--page-colour)"
        bd="1px solid var(--line-colour)"
        style={{ overflow: "auto", borderRadius: "var(--mantine-radius-md)", fontSize: "0.8125rem", lineHeight: 1.55 }}
      >
        {code}
      </Box>
      <Box pos="absolute" top={8} right={8} bg="var(--page-colour)" style={{ borderRadius: 6 }}>
        <Copy value={copied} label={`Copy: ${label}`} />
      </Box>
    </Box>
  );
}
