import { Button, Group } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";

import classes from "@/components/FoldedFilters.module.css";

interface Props {
  /** How many of them are set. */
  set: number;
  /** What stands beside them, and on a phone is always there. */
  beside?: ReactNode;
  children: ReactNode;
}

/** Filters in a row at a desk; on a phone, behind a button that says how many are set. */
export function FoldedFilters({ set, beside, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <Group align="flex-end" gap="sm">
      <Button
        className={classes.button}
        variant="default"
        leftSection={<IconFilter size={16} />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {set === 0 ? "Filter" : `Filter (${set})`}
      </Button>
      <div id={id} className={classes.fields} data-open={isOpen || undefined}>
        {children}
      </div>
      {beside}
    </Group>
  );
}
