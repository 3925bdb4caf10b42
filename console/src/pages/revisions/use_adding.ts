import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { addedFor } from "@/pages/revisions/unknown_field";
import type { Draft } from "@/pages/revisions/use_draft";

/** Adds the field that the address asks for and opens it; the address asks once. */
export function useAdding(draft: Draft, mayChange: boolean): void {
  const { add, kinds = [] } = useSearch({ from: "/app/endpoints/$endpointId/revisions/$revisionId" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions/$revisionId" });
  const done = useRef<string>(undefined);
  useEffect(() => {
    if (add === undefined || !mayChange || done.current === add) return;
    done.current = add; // effects may run twice
    const added = addedFor(draft.nodes, add, kinds);
    if ("id" in added) draft.select(added.id);
    else draft.add(added.parentId, added.field);
    void navigate({ search: (old) => ({ ...old, add: undefined, kinds: undefined, view: undefined }), replace: true });
  }, [add, kinds, mayChange, draft, navigate]);
}
