/** The tree that is being designed, with what was done to it: pure steps, each of which can be undone. */

import {
  hasChildren,
  isTimestamp,
  kindOf,
  mayBeProtected,
  presencesOf,
  RULE_TYPES,
  type Condition,
  type Node,
} from "@/pages/revisions/field";

export interface Tree {
  nodes: Node[];
  nextId: number;
}

export interface History {
  present: Tree;
  past: Tree[];
  future: Tree[];
  /** What the last step changed: typing on in the same property is one step. */
  tag: string | null;
}

export type Step =
  | { kind: "add"; parentId: number | null; field?: Partial<Omit<Node, "id" | "fields">> }
  | { kind: "add_after"; id: number }
  | { kind: "patch"; id: number; changes: Partial<Omit<Node, "id" | "fields">> }
  | { kind: "remove"; id: number }
  | { kind: "duplicate"; id: number }
  | { kind: "move"; id: number; by: -1 | 1 }
  | { kind: "replace"; nodes: Node[]; nextId: number }
  | { kind: "undo" }
  | { kind: "redo" };

const MOST_STEPS = 200;

export function historyOf(tree: Tree): History {
  return { present: tree, past: [], future: [], tag: null };
}

export function reduce(history: History, step: Step): History {
  if (step.kind === "undo") {
    const before = history.past.at(-1);
    if (before === undefined) return history;
    const future = [history.present, ...history.future];
    return { present: before, past: history.past.slice(0, -1), future, tag: null };
  }
  if (step.kind === "redo") {
    const [after, ...future] = history.future;
    if (after === undefined) return history;
    return { present: after, past: [...history.past, history.present], future, tag: null };
  }
  const present = changed(history.present, step);
  if (present === history.present) return history;
  const tag = step.kind === "patch" ? `${step.id} ${Object.keys(step.changes).join()}` : null;
  const past =
    tag !== null && tag === history.tag ? history.past : [...history.past, history.present].slice(-MOST_STEPS);
  return { present, past, future: [], tag };
}

function changed(tree: Tree, step: Exclude<Step, { kind: "undo" | "redo" }>): Tree {
  const { nodes, nextId } = tree;
  switch (step.kind) {
    case "add": {
      const added = { ...blank(nextId), ...step.field };
      const grown =
        step.parentId === null
          ? [...nodes, added]
          : edited(nodes, step.parentId, (siblings, index, parent) =>
              siblings.with(index, { ...parent, fields: [...parent.fields, added] }),
            );
      return { nodes: grown, nextId: nextId + 1 };
    }
    case "add_after": {
      const grown = edited(nodes, step.id, (siblings, index, { when }) =>
        // A field that follows one of some events is most likely of the same.
        siblings.toSpliced(index + 1, 0, { ...blank(nextId), when }),
      );
      return grown === nodes ? tree : { nodes: grown, nextId: nextId + 1 };
    }
    case "patch":
      return keptIfSame(
        tree,
        edited(nodes, step.id, (siblings, index, node) => siblings.with(index, fitting({ ...node, ...step.changes }))),
      );
    case "remove":
      return keptIfSame(
        tree,
        edited(nodes, step.id, (siblings, index) => siblings.toSpliced(index, 1)),
      );
    case "duplicate": {
      const next = { id: nextId };
      const grown = edited(nodes, step.id, (siblings, index, node) =>
        siblings.toSpliced(index + 1, 0, { ...copied(node, next), key: freeKey(node.key, siblings) }),
      );
      return { nodes: grown, nextId: next.id };
    }
    case "move":
      return keptIfSame(
        tree,
        edited(nodes, step.id, (siblings, index, node) => {
          const to = beside(siblings, index, step.by);
          if (to === null) return siblings;
          return siblings.toSpliced(index, 1).toSpliced(to, 0, node);
        }),
      );
    case "replace":
      return { nodes: step.nodes, nextId: step.nextId };
  }
}

function keptIfSame(tree: Tree, nodes: Node[]): Tree {
  return nodes === tree.nodes ? tree : { ...tree, nodes };
}

function blank(id: number): Node {
  return {
    id,
    key: "",
    from: "",
    type: "STRING",
    format: "",
    presence: "required",
    description: "",
    default: "",
    macro: "",
    protect: "",
    when: [],
    rules: [],
    fields: [],
  };
}

/** Drop what a change of type leaves without meaning, except children: they come back with their type. */
function fitting(node: Node): Node {
  const presence = presencesOf(node.type).includes(node.presence) ? node.presence : "required";
  const rules = node.rules.filter(({ rule }) => RULE_TYPES[rule].includes(node.type));
  return {
    ...node,
    presence,
    format: isTimestamp(node.type) ? node.format : "",
    protect: mayBeProtected(node.type) ? node.protect : "",
    rules: rules.length === node.rules.length ? node.rules : rules,
  };
}

/** Edit the siblings among which a node stands, wherever that is; what lies beside its path stays the same object. */
function edited(nodes: Node[], id: number, edit: (siblings: Node[], index: number, node: Node) => Node[]): Node[] {
  const index = nodes.findIndex((node) => node.id === id);
  const found = nodes[index];
  if (found !== undefined) return edit(nodes, index, found);
  for (const [at, node] of nodes.entries()) {
    const children = edited(node.fields, id, edit);
    if (children !== node.fields) return nodes.with(at, { ...node, fields: children });
  }
  return nodes;
}

function copied(node: Node, next: { id: number }): Node {
  return { ...node, id: next.id++, fields: node.fields.map((child) => copied(child, next)) };
}

function freeKey(key: string, siblings: Node[]): string {
  const taken = new Set(siblings.map((node) => node.key));
  for (let number = 2; ; number++) {
    const candidate = `${key}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Where a node goes by one step: past the next one of the same kind of event, beside which it is shown. */
function beside(siblings: Node[], index: number, by: -1 | 1): number | null {
  const node = siblings[index];
  if (node === undefined) return null;
  const kind = kindOf(node);
  for (let to = index + by; to >= 0 && to < siblings.length; to += by) {
    const other = siblings[to];
    if (other !== undefined && kindOf(other) === kind) return to;
  }
  return null;
}

/** Whether nothing was done yet to a field that was added. */
export function isBlank(node: Node): boolean {
  return node.key === "" && node.from === "" && node.description === "" && node.rules.length + node.fields.length === 0;
}

export interface FieldRow {
  kind: "field";
  node: Node;
  depth: number;
  /** Keys from the root, joined by dots, which no key has. */
  path: string;
  isFirst: boolean;
  isLast: boolean;
}

/** The head of the fields that are in force in the same events. */
export interface GroupRow {
  kind: "group";
  id: string;
  /** Empty: of the fields of every event. */
  when: Condition[];
  count: number;
}

export type Row = FieldRow | GroupRow;

/**
 * Every row that is to be seen, in order: what every event has, then the fields of each kind of event under a head of
 * their own. Children follow their parent; what is closed, by its id, hides what it holds.
 */
export function rowsOf(nodes: Node[], closed: ReadonlySet<number | string>): Row[] {
  const groups = new Map<string, Node[]>([["", []]]);
  for (const node of nodes) {
    const kind = kindOf(node);
    const members = groups.get(kind);
    if (members === undefined) groups.set(kind, [node]);
    else members.push(node);
  }
  if (groups.size === 1) return fieldRows(nodes, closed, 1, "");
  const rows: Row[] = [];
  for (const [id, members] of groups) {
    rows.push({ kind: "group", id, when: members[0]?.when ?? [], count: countOf(members) });
    if (!closed.has(id)) for (const row of fieldRows(members, closed, 1, "")) rows.push(row);
  }
  return rows;
}

function fieldRows(nodes: Node[], closed: ReadonlySet<number | string>, depth: number, above: string): FieldRow[] {
  return nodes.flatMap((node, index) => {
    const path = above + node.key;
    const row: FieldRow = {
      kind: "field",
      node,
      depth,
      path,
      isFirst: index === 0,
      isLast: index === nodes.length - 1,
    };
    const isOpen = hasChildren(node.type) && !closed.has(node.id);
    return isOpen ? [row, ...fieldRows(node.fields, closed, depth + 1, `${path}.`)] : [row];
  });
}

/**
 * The rows of fields with the text in their key or in what they read, in order, with the parents and the head that they
 * stand below; `open` is the id of one that is shown in any case.
 */
export function matching(rows: readonly Row[], text: string, open?: number): Row[] {
  const wanted = text.trim().toLowerCase();
  const shown = new Set<Row>();
  let head: GroupRow | null = null;
  const path: FieldRow[] = [];
  for (const row of rows) {
    if (row.kind === "group") {
      head = row;
      continue;
    }
    path.splice(row.depth - 1, path.length, row);
    const { id, key, from } = row.node;
    if (id !== open && ![key, from].some((name) => name.toLowerCase().includes(wanted))) continue;
    if (head !== null) shown.add(head);
    for (const above of path) shown.add(above);
  }
  return [...shown];
}

export function countOf(nodes: Node[]): number {
  return nodes.reduce((sum, node) => sum + 1 + (hasChildren(node.type) ? countOf(node.fields) : 0), 0);
}

/** The node at a JSON Pointer of the API's faults, and the property it means: `/fields/0/fields/2/key`. */
export function placeOf(nodes: Node[], pointer: string): { id: number; property: string } | null {
  const parts = pointer.split("/").slice(2);
  let siblings = nodes;
  let found: Node | undefined;
  while (parts.length > 0 && /^\d+$/.test(parts[0] ?? "")) {
    found = siblings[Number(parts.shift())];
    if (found === undefined) return null;
    if (parts[0] !== "fields" || parts.length === 1) break;
    parts.shift();
    siblings = found.fields;
  }
  return found === undefined ? null : { id: found.id, property: parts.slice(0, 2).join(".") || "key" };
}
