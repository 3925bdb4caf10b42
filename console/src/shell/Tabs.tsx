import { createLink, useLocation } from "@tanstack/react-router";
import { forwardRef, useEffect, useRef, type AnchorHTMLAttributes, type ReactNode } from "react";

import classes from "@/shell/Layout.module.css";

/** Pages beside each other: links, so that each has an address of its own. */
export function Tabs({ label, end, children }: { label: string; end?: ReactNode; children: ReactNode }) {
  const strip = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone, the tab that is open may stand beyond the end of the strip. The page itself is not scrolled.
  useEffect(() => {
    const nav = strip.current;
    if (nav === null) return;
    const show = () => {
      const open = nav.querySelector<HTMLElement>("[data-status=active]");
      if (open === null) return;
      const room = (nav.clientWidth - open.offsetWidth) / 2;
      nav.scrollLeft = open.offsetLeft - nav.offsetLeft - room;
    };
    // A tab grows when its badge is there or the font is.
    const observer = new ResizeObserver(show);
    for (const tab of nav.children) observer.observe(tab);
    show();
    return () => observer.disconnect();
  }, [pathname]);
  return (
    <div className={classes.strip}>
      <nav className={classes.tabs} aria-label={label} ref={strip}>
        {children}
      </nav>
      {end}
    </div>
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
