import { useBlocker } from "@tanstack/react-router";
import { useContext, useEffect } from "react";

import { Closing, IsClosed, NOTHING_UNSAVED, Question, UNSAVED, type Leaving } from "@/components/Closing";

interface Props {
  unsaved: boolean;
  asks?: Leaving;
}

/**
 * Asks before unsaved work is left: by a link of the console, by closing the tab, or by closing the `FormModal` or
 * `FormDrawer` that it is in.
 *
 * What only changes the address's search parameters leaves nothing.
 */
export function UnsavedGuard({ unsaved: isUnsaved, asks = UNSAVED }: Props) {
  const isClosed = useContext(IsClosed);
  const unsaved = isUnsaved && !isClosed;
  const closing = useContext(Closing);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => unsaved && current.pathname !== next.pathname,
    enableBeforeUnload: () => unsaved,
    withResolver: true,
  });
  const isAsking = blocker.status === "blocked";
  useEffect(() => {
    closing?.set({ unsaved: unsaved ? asks : null, isAsking });
    return () => closing?.set(NOTHING_UNSAVED);
  }, [closing, unsaved, asks, isAsking]);
  return (
    <Question asked={isAsking ? asks : null} onStay={() => blocker.reset?.()} onLeave={() => blocker.proceed?.()} />
  );
}
