import { Collapse, Stack, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";

interface Props {
  title: string;
  /** Else it stands there as all else does. */
  isFolded?: boolean;
  /** A fault is among what is folded: it is shown. */
  hasFault?: boolean;
  children: ReactNode;
}

/** What few people set, out of the way of what all do. */
export function Folded({ title, isFolded = true, hasFault = false, children }: Props) {
  const [isOpened, setOpened] = useState(false);
  const id = useId();
  if (!isFolded) return children;
  const isOpen = isOpened || hasFault;
  return (
    <Stack gap="xs">
      <UnstyledButton
        aria-expanded={isOpen}
        aria-controls={id}
        fz="sm"
        fw={500}
        c="var(--mantine-color-anchor)"
        style={{ display: "inline-flex", alignItems: "center", gap: 4, alignSelf: "flex-start" }}
        onClick={() => setOpened(!isOpen)}
      >
        {isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        {title}
      </UnstyledButton>
      <Collapse id={id} expanded={isOpen}>
        <Stack>{children}</Stack>
      </Collapse>
    </Stack>
  );
}
