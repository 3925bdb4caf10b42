import { ActionIcon, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconTerminal2 } from "@tabler/icons-react";

interface Props {
  value: string;
  /** What it copies: `Copy the address`. */
  label: string;
  kind?: "text" | "command";
}

/** A button that copies `value`. */
export function Copy({ value, label, kind = "text" }: Props) {
  const icon = kind === "command" ? <IconTerminal2 size={14} /> : <IconCopy size={14} />;
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label}>
          <ActionIcon onClick={copy} aria-label={label} size="sm" color={copied ? "pine" : "gray"}>
            {copied ? <IconCheck size={14} /> : icon}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

interface FieldProps {
  value: string;
  label: string;
  /** Where it is cut off for want of room: addresses differ at their ends. */
  cutAt?: "start" | "end";
}

/** A value on one line, cut off where it must be, with its copy button. */
export function CopyField({ value, label, cutAt = "end" }: FieldProps) {
  return (
    <Group gap={4} wrap="nowrap" miw={0}>
      <span className="mono ellipsis" data-cut-at={cutAt} title={value}>
        <bdi>{value}</bdi>
      </span>
      <Copy value={value} label={label} />
    </Group>
  );
}
