import { FocusTrap } from "@mantine/core";
import type { FocusEvent } from "react";

/**
 * Takes the focus that a dialog gives once it has opened, and hands it on: to the control with `data-autofocus`, or back
 * to the one that you are in already. A dialog gives it some time after it is drawn, and twice: without this, what you
 * type into a field that you reached first goes on into another. Stands first in the dialog.
 */
export function FirstFocus() {
  return <FocusTrap.InitialFocus data-first-focus onFocus={handOn} />;
}

/** Whether the focus goes from a control only to come back at once. */
export function isHandedOn({ relatedTarget }: FocusEvent): boolean {
  return relatedTarget instanceof HTMLElement && relatedTarget.dataset.firstFocus !== undefined;
}

function handOn({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>): void {
  const dialog = currentTarget.closest("[role=dialog]");
  if (dialog === null) return;
  const isIn = relatedTarget instanceof HTMLElement && relatedTarget !== dialog && dialog.contains(relatedTarget);
  const first = dialog.querySelector<HTMLElement>("[data-autofocus]:not([data-first-focus])");
  const target = isIn ? relatedTarget : (first ?? dialog.querySelector<HTMLElement>("button"));
  target?.focus({ preventScroll: true });
}
