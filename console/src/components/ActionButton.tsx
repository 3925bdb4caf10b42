import { Button, Tooltip, type ButtonProps } from "@mantine/core";
import type { MouseEventHandler, ReactNode } from "react";

interface Props extends Omit<ButtonProps, "disabled"> {
  /** Why it can't be used now. It stays where people find it, on the keyboard's way too, and says so. */
  refused?: string | false;
  type?: "submit";
  /** Of a button that submits, its form has the rest to do. */
  onClick?: () => void;
  children: ReactNode;
}

/** A button for what a role may not cover, or what is not possible yet. */
export function ActionButton({ refused = false, onClick, type, ...button }: Props) {
  const isRefused = refused !== false;
  const press: MouseEventHandler = (event) => {
    if (isRefused) event.preventDefault();
    else onClick?.();
  };
  return (
    <Tooltip label={refused} disabled={!isRefused} multiline maw={320}>
      <Button
        type={type}
        aria-disabled={isRefused || undefined}
        data-disabled={isRefused || undefined}
        onClick={press}
        {...button}
      />
    </Tooltip>
  );
}
