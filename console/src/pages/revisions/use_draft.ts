/** The state of a revision that is being designed: its tree, what is wrong with it, and how it gets saved. */

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";

import { api } from "@/api/client";
import { MARKED } from "@/api/faults";
import { failureFrom, type Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { toasts } from "@/components/toasts";
import { faultsOf, boundsFault, type Fault } from "@/pages/revisions/checks";
import { fieldFrom, nodesFrom, type SchemaField, type Node } from "@/pages/revisions/field";
import { forgetKept, keep, readKept } from "@/pages/revisions/kept";
import {
  countOf,
  historyOf,
  isBlank,
  placeOf,
  reduce,
  rowsOf,
  type FieldRow,
  type Row,
  type Step,
} from "@/pages/revisions/tree";
import { meaningOf } from "@/text/json";

type Revision = Model<"RevisionWithFields">;

const KEPT_AFTER_MS = 300;

export interface Draft {
  revisionId: string;
  /** Of the tree that this one was made from. */
  version: number;
  nodes: Node[];
  /** The tree as the API takes it. */
  fields: readonly SchemaField[];
  rows: Row[];
  /** Nodes and kinds of events whose rows are hidden. */
  closed: ReadonlySet<number | string>;
  toggle: (id: number | string) => void;
  count: number;
  faults: (id: number) => readonly Fault[];
  faultCount: number;
  step: (step: Step) => void;
  /** Add a field below a parent, or at the root, and open it. */
  add: (parentId: number | null, field?: Partial<Omit<Node, "id" | "fields">>) => void;
  /** Add fields at the end of the root, in one step, and bring them into sight. */
  append: (fields: readonly SchemaField[]) => void;
  /** Id of the first node that was appended last. */
  appended: number | null;
  /** Put other fields in the place of all. */
  replace: (fields: readonly SchemaField[]) => void;
  /** Add a sibling and open it. */
  addAfter: (id: number) => void;
  canUndo: boolean;
  canRedo: boolean;
  selected: FieldRow | null;
  select: (id: number | null) => void;
  /** Close the open field; one that nothing was done to goes again. */
  close: () => void;
  /** Pointers by which fields are limited to some events. */
  whenPointers: readonly string[];
  isUnsaved: boolean;
  isSaving: boolean;
  /** `after` runs once it is saved. */
  save: (after?: () => void) => void;
  failure: Failure | null;
  /** Someone else has saved since: their revision is to be read, and this one to be put together with it. */
  conflict: { base: SchemaField[]; mine: SchemaField[] } | null;
  /** Go on from what someone else saved, with these fields on top. */
  resolve: (theirs: Revision, fields: readonly SchemaField[]) => void;
  putOff: () => void;
  /** The same tree has another version now. */
  rebase: (version: number) => void;
  restored: boolean;
  discard: () => void;
}

export function useDraft(revision: Revision, mayChange: boolean): Draft {
  const [kept, setKept] = useState(() => readKept(revision));
  const [base, setBase] = useState<{ version: number; fields: readonly SchemaField[] }>(() =>
    kept === null
      ? { version: revision.version, fields: revision.fields }
      : { version: kept.version, fields: kept.base },
  );
  const [history, dispatch] = useReducer(reduce, null, () => {
    const next = { id: 1 };
    const nodes = nodesFrom(kept?.fields ?? revision.fields, next);
    return historyOf({ nodes, nextId: next.id });
  });
  const { nodes, nextId } = history.present;
  const [closed, setClosed] = useState<ReadonlySet<number | string>>(new Set());
  const [refused, setRefused] = useState<ReadonlyMap<number, readonly Fault[]>>(new Map());
  const [failure, setFailure] = useState<Failure | null>(null);
  const [appended, setAppended] = useState<number | null>(null);
  const [conflict, setConflict] = useState<Draft["conflict"]>(null);

  const mine = useMemo(() => nodes.map(fieldFrom), [nodes]);
  const stored = useMemo(() => normalised(base.fields), [base.fields]);
  const isUnsaved = useMemo(() => !sameFields(mine, stored), [mine, stored]);
  const own = useMemo(() => faultsOf(nodes), [nodes]);
  const rows = useMemo(() => rowsOf(nodes, closed), [nodes, closed]);
  const count = useMemo(() => countOf(nodes), [nodes]);
  const isDraft = revision.state === "draft";

  useEffect(() => {
    if (!isDraft) return;
    if (!isUnsaved) {
      forgetKept(revision.id);
      return;
    }
    const write = () => keep(revision.id, { version: base.version, base: base.fields, fields: mine });
    // Of a large tree this takes longer than a key press may.
    const timer = window.setTimeout(write, KEPT_AFTER_MS);
    window.addEventListener("pagehide", write);
    return () => {
      window.clearTimeout(timer);
      window.removeEventListener("pagehide", write);
    };
  }, [isDraft, isUnsaved, mine, base, revision.id]);

  const queries = useQueryClient();
  const put = api.useMutation("put", "/v1/revisions/{revision_id}/fields", { meta: { showsFailures: true } });
  const send = (after?: () => void) => {
    const tooLarge = boundsFault(nodes);
    if (tooLarge !== null) {
      setFailure({ code: "too_many", status: 0, message: tooLarge, faults: [], requestId: null });
      return;
    }
    setFailure(null);
    put.mutate(
      {
        params: { path: { revision_id: revision.id }, header: { "If-Match": `"${base.version}"` } },
        body: { fields: mine },
      },
      {
        onSuccess: (saved) => {
          setBase({ version: saved.version, fields: saved.fields });
          setRefused(new Map());
          setKept(null);
          toasts.done(`Revision “${saved.name}” saved.`);
          after?.();
        },
        onError: (error) => {
          const met = failureFrom(error);
          if (met.status === 412) setConflict({ base: stored, mine });
          else if (met.code === "revision_finalised") void queries.invalidateQueries();
          else {
            const sorted = byNode(nodes, met);
            setRefused(sorted.faults);
            setFailure(sorted.left);
          }
        },
      },
    );
  };

  const step = useCallback((taken: Step) => {
    if (taken.kind === "patch" || taken.kind === "remove") {
      setRefused((old) => {
        if (!old.has(taken.id)) return old;
        const left = new Map(old);
        left.delete(taken.id);
        return left;
      });
    }
    dispatch(taken);
  }, []);

  const [selectedId, select] = useSelection(rows);
  const selected = useMemo(
    () => rows.find((row): row is FieldRow => row.kind === "field" && row.node.id === selectedId) ?? null,
    [rows, selectedId],
  );
  const whenPointers = useMemo(
    () =>
      [...new Set(nodes.flatMap(({ when }) => when.map(({ pointer }) => pointer)))].filter((pointer) => pointer !== ""),
    [nodes],
  );
  return {
    revisionId: revision.id,
    version: base.version,
    nodes,
    fields: mine,
    rows,
    closed,
    toggle: (id) =>
      setClosed((old) => (old.has(id) ? new Set([...old].filter((other) => other !== id)) : new Set([...old, id]))),
    count,
    faults: (id) => [...(own.get(id) ?? []), ...(refused.get(id) ?? [])],
    faultCount: [...own.values()].reduce((sum, faults) => sum + faults.length, 0),
    step,
    add: (parentId, field) => {
      if (parentId !== null) setClosed((old) => new Set([...old].filter((id) => id !== parentId)));
      step({ kind: "add", parentId, field });
      select(nextId);
    },
    append: (fields) => {
      const next = { id: nextId };
      const added = nodesFrom(fields, next);
      step({ kind: "replace", nodes: [...nodes, ...added], nextId: next.id });
      setAppended(added[0]?.id ?? null);
    },
    appended,
    replace: (fields) => {
      const next = { id: nextId };
      step({ kind: "replace", nodes: nodesFrom(fields, next), nextId: next.id });
    },
    addAfter: (id) => {
      step({ kind: "add_after", id });
      select(nextId);
    },
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    selected,
    select,
    close: () => {
      if (selected !== null && mayChange && isBlank(selected.node)) step({ kind: "remove", id: selected.node.id });
      select(null);
    },
    whenPointers,
    isUnsaved,
    isSaving: put.isPending,
    save: (after) => {
      if (put.isPending) return;
      if (isUnsaved) send(after);
      else after?.();
    },
    failure,
    conflict,
    resolve: (theirs, fields) => {
      const next = { id: nextId };
      const replaced = nodesFrom(fields, next);
      setBase({ version: theirs.version, fields: theirs.fields });
      step({ kind: "replace", nodes: replaced, nextId: next.id });
      setConflict(null);
    },
    putOff: () => setConflict(null),
    rebase: (version) => setBase((old) => ({ ...old, version })),
    restored: kept !== null && isUnsaved,
    discard: () => {
      const next = { id: nextId };
      const original = nodesFrom(revision.fields, next);
      setBase({ version: revision.version, fields: revision.fields });
      step({ kind: "replace", nodes: original, nextId: next.id });
      setKept(null);
    },
  };
}

const meanings = new WeakMap<SchemaField, string>();

/** Whether two trees mean the same; a field that is the same object as before costs nothing. */
function sameFields(mine: readonly SchemaField[], stored: readonly SchemaField[]): boolean {
  return (
    mine.length === stored.length && mine.every((field, index) => meaningOnce(field) === meaningOnce(stored[index]))
  );
}

function meaningOnce(field: SchemaField | undefined): string {
  if (field === undefined) return "";
  const meaning = meanings.get(field) ?? meaningOf(field);
  meanings.set(field, meaning);
  return meaning;
}

/** The form in which two trees that mean the same are the same text. */
export function normalised(fields: readonly SchemaField[]): SchemaField[] {
  return nodesFrom(fields, { id: 1 }).map(fieldFrom);
}

function byNode(nodes: Node[], failure: Failure): { faults: Map<number, Fault[]>; left: Failure } {
  const faults = new Map<number, Fault[]>();
  const left = failure.faults.filter((fault) => {
    const place = placeOf(nodes, fault.pointer);
    if (place === null) return true;
    faults.set(place.id, [...(faults.get(place.id) ?? []), { property: place.property, message: fault.message }]);
    return false;
  });
  const isMarked = failure.faults.length > left.length;
  return { faults, left: { ...failure, faults: left, message: isMarked ? MARKED : failure.message } };
}

/** The row that is open in the drawer; the address names it by its path. */
function useSelection(rows: Row[]): [number | null, (id: number | null) => void] {
  const { at } = useSearch({ from: "/app/endpoints/$endpointId/revisions/$revisionId" });
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions/$revisionId" });
  const fields = useMemo(() => rows.filter((row) => row.kind === "field"), [rows]);
  const [selected, select] = useState<number | null>(() => fields.find(({ path }) => path === at)?.node.id ?? null);
  const path = fields.find(({ node }) => node.id === selected)?.path;
  const shown = useRef(at);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    void navigate({ search: (old) => ({ ...old, at: path === "" ? undefined : path }), replace: true });
  }, [path, navigate]);
  return [selected, select];
}
