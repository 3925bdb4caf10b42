import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  /** What it does to what: `Rename Shop`. */
  label: string;
  icon: ReactNode;
  onClick: () => void;
  /** It takes something away for good: red where it is pointed at, and as quiet as the others until then. */
  destroys?: boolean;
  /** Why it can't be used now. It stays where people find it and says so. */
  refused?: string | false;
}

/** A button of a table's row. */
export function IconButton({ label, icon, onClick, destroys = false, refused = false }: Props) {
  const isRefused = refused !== false;
  return (
    <Tooltip label={isRefused ? refused : label}>
      <ActionIcon
        aria-label={label}
        aria-disabled={isRefused || undefined}
        data-disabled={isRefused || undefined}
        color="gray"
        data-destroys={destroys || undefined}
        onClick={(event) => (isRefused ? event.preventDefault() : onClick())}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
