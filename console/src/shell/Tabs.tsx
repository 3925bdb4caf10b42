import { createLink } from "@tanstack/react-router";
import { forwardRef, type AnchorHTMLAttributes, type ReactNode } from "react";

import classes from "@/shell/Layout.module.css";

/** Pages beside each other: links, so that each has an address of its own. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={classes.tabs} aria-label={label}>
      {children}
    </nav>
  );
}

interface TabProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** A page below this tab is shown whose address is not. */
  isAbove?: boolean;
}

const TabAnchor = forwardRef<HTMLAnchorElement, TabProps>(({ isAbove = false, ...props }, ref) => (
  <a ref={ref} {...props} {...(isAbove ? { "data-status": "active" } : {})} className={classes.tab} />
));
TabAnchor.displayName = "TabAnchor";

export const Tab = createLink(TabAnchor);
