import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";

import { CodeBlock } from "@/components/CodeBlock";
import { indented, toKeep } from "@/text/laid_out";
import { exactCount } from "@/text/units";

interface Props {
  /** The JSON as it was written; what is no JSON, such as code, is shown as it came. */
  text: string;
  /** What it is: `The stored event`. */
  label: string;
  maxHeight?: number;
}

/** JSON to read, scroll and copy, with every number as it was written. */
export function JsonBlock({ text, label, maxHeight }: Props) {
  const { text: shown, left } = useMemo(() => indented(text), [text]);
  const copied = useMemo(() => toKeep(text), [text]);
  return (
    <Stack gap={4}>
      <CodeBlock code={shown} copied={copied} label={label} maxHeight={maxHeight} />
      <Left left={left} />
    </Stack>
  );
}

/** Says what of a text has no room on the page. */
export function Left({ left }: { left: number }) {
  if (left === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      Cut here: {exactCount(left)} more {left === 1 ? "character" : "characters"}. Copy to get all of it.
    </Text>
  );
}
