import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { nodeAt } from "@/pages/revisions/node_at";
import type { Draft } from "@/pages/revisions/use_draft";

/** Opens the field that reads a value of events, by the pointer that the address names; the address asks once. */
export function useOpening(draft: Draft): void {
  const { field } = useSearch({ from: "/app/endpoints/$endpointId/revisions/$revisionId" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions/$revisionId" });
  const done = useRef<string>(undefined);
  useEffect(() => {
    if (field === undefined || done.current === field) return;
    done.current = field; // effects may run twice
    const found = nodeAt(draft.nodes, field);
    if (found !== null) draft.select(found.id);
    void navigate({ search: (old) => ({ ...old, field: undefined, view: undefined }), replace: true });
  }, [field, draft, navigate]);
}
