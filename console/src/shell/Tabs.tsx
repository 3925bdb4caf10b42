import { createLink, useLocation } from "@tanstack/react-router";
import { forwardRef, useEffect, useRef, type AnchorHTMLAttributes, type ReactNode } from "react";

import classes from "@/shell/Layout.module.css";

/** Pages beside each other: links, so that each has an address of its own. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const strip = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone, the tab that is open may stand beyond the end of the strip. The page itself is not scrolled.
  useEffect(() => {
    const open = strip.current?.querySelector<HTMLElement>("[data-status=active]");
    if (strip.current === null || open === null || open === undefined) return;
    const room = (strip.current.clientWidth - open.offsetWidth) / 2;
    strip.current.scrollLeft = open.offsetLeft - strip.current.offsetLeft - room;
  }, [pathname]);
  return (
    <nav className={classes.tabs} aria-label={label} ref={strip}>
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
