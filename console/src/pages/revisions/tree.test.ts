import { describe, expect, it } from "vitest";

import { fieldFrom, listOf, listText, nodesFrom, type Node, type SchemaField } from "@/pages/revisions/field";
import {
  countOf,
  historyOf,
  matching,
  placeOf,
  reduce,
  rowsOf,
  type FieldRow,
  type History,
  type Step,
} from "@/pages/revisions/tree";

const TREE = [
  { key: "event", type: "STRING", rules: [{ rule: "one_of", value: ["view", "purchase"] }] },
  {
    key: "items",
    type: "ARRAY_OBJECT",
    presence: "optional",
    fields: [
      { key: "sku", type: "STRING" },
      { key: "count", type: "INT", presence: "default", default: 1 },
    ],
  },
] as unknown as SchemaField[];

function begun(): History {
  const next = { id: 1 };
  const nodes = nodesFrom(TREE, next);
  return historyOf({ nodes, nextId: next.id });
}

function after(...steps: Step[]): History {
  return steps.reduce(reduce, begun());
}

function fields(nodes: Node[], closed: ReadonlySet<number | string> = new Set()): FieldRow[] {
  return rowsOf(nodes, closed).filter((row) => row.kind === "field");
}

function keys(history: History): string[] {
  return fields(history.present.nodes).map(({ path }) => path);
}

describe("a tree that is designed", () => {
  it("is the same for the API after nothing was done", () => {
    expect(begun().present.nodes.map(fieldFrom)).toEqual([
      { key: "event", type: "STRING", presence: "required", rules: [{ rule: "one_of", value: ["view", "purchase"] }] },
      {
        key: "items",
        type: "ARRAY_OBJECT",
        presence: "optional",
        fields: [
          { key: "sku", type: "STRING", presence: "required" },
          { key: "count", type: "INT", presence: "default", default: 1 },
        ],
      },
    ]);
  });

  it("grows at its root and below a parent", () => {
    const grown = after({ kind: "add", parentId: null }, { kind: "add", parentId: 2 });
    expect(keys(grown)).toEqual(["event", "items", "items.sku", "items.count", "items.", ""]);
    expect(countOf(grown.present.nodes)).toBe(6);
  });

  it("takes each step back, and does it again", () => {
    const removed = after({ kind: "remove", id: 2 });
    expect(keys(removed)).toEqual(["event"]);
    const back = reduce(removed, { kind: "undo" });
    expect(keys(back)).toEqual(keys(begun()));
    expect(keys(reduce(back, { kind: "redo" }))).toEqual(["event"]);
    expect(reduce(begun(), { kind: "undo" })).toEqual(begun());
  });

  it("counts typing on in one property as one step", () => {
    const typed = after(
      { kind: "patch", id: 1, changes: { key: "e" } },
      { kind: "patch", id: 1, changes: { key: "ev" } },
      { kind: "patch", id: 1, changes: { description: "What happened" } },
    );
    expect(typed.past).toHaveLength(2);
    expect(keys(reduce(reduce(typed, { kind: "undo" }), { kind: "undo" }))).toEqual(keys(begun()));
  });

  it("moves among siblings only, and not beyond the first and the last", () => {
    expect(keys(after({ kind: "move", id: 3, by: 1 }))).toEqual(["event", "items", "items.count", "items.sku"]);
    const same = begun();
    expect(reduce(same, { kind: "move", id: 1, by: -1 })).toBe(same);
  });

  it("duplicates under a key that is free", () => {
    expect(keys(after({ kind: "duplicate", id: 3 }, { kind: "duplicate", id: 3 }))).toEqual([
      "event",
      "items",
      "items.sku",
      "items.sku_3",
      "items.sku_2",
      "items.count",
    ]);
  });

  it("drops rules and presences that a new type can’t have", () => {
    const [event] = after({ kind: "patch", id: 1, changes: { type: "DATETIME" } }).present.nodes;
    expect(event?.rules).toEqual([]);
    const [, , , count] = fields(after({ kind: "patch", id: 4, changes: { type: "ARRAY_OBJECT" } }).present.nodes);
    expect(count?.node.presence).toBe("required");
  });

  it("hides what is closed", () => {
    expect(fields(begun().present.nodes, new Set([2])).map(({ path }) => path)).toEqual(["event", "items"]);
  });

  it("shows fields of some events by kind, below what every event has, and moves them among their own", () => {
    const when = { "/type": ["track"] };
    const tree = [
      { key: "a", type: "INT", when },
      { key: "b", type: "INT" },
      { key: "c", type: "INT", when: { "/type": ["page"] } },
      { key: "d", type: "INT", when },
    ] as SchemaField[];
    const start = historyOf({ nodes: nodesFrom(tree, { id: 1 }), nextId: 5 });
    const shown = (history: History, closed: ReadonlySet<number | string> = new Set()) =>
      rowsOf(history.present.nodes, closed).map((row) =>
        row.kind === "field" ? row.path : `${row.when.map(({ text }) => text).join()}:${row.count}`,
      );
    expect(shown(start)).toEqual([":1", "b", "track:2", "a", "d", "page:1", "c"]);
    expect(shown(start, new Set([""]))).toEqual([":1", "track:2", "a", "d", "page:1", "c"]);
    const moved = reduce(start, { kind: "move", id: 4, by: -1 });
    expect(shown(moved)).toEqual([":1", "b", "track:2", "d", "a", "page:1", "c"]);
    expect(reduce(start, { kind: "move", id: 3, by: 1 })).toBe(start);
    const grown = reduce(start, { kind: "add_after", id: 4 });
    expect(shown(grown)).toEqual([":1", "b", "track:3", "a", "d", "", "page:1", "c"]);
  });

  it("gives `from`, formats, protection and conditions back as they came", () => {
    const given = [
      { key: "a", from: "/x/y", type: "STRING", presence: "required", protect: "hash" },
      { key: "b", type: "TIMESTAMP", format: "rfc3339", presence: "optional", when: { "/n": [1, true, "x"] } },
    ];
    expect(nodesFrom(given as SchemaField[], { id: 1 }).map((node) => fieldFrom(node))).toEqual([
      { key: "a", type: "STRING", presence: "required", from: "/x/y", protect: "hash" },
      { key: "b", type: "TIMESTAMP", presence: "optional", format: "rfc3339", when: { "/n": [1, true, "x"] } },
    ]);
  });

  it("finds the property that a fault of the API names", () => {
    const { nodes } = begun().present;
    expect(placeOf(nodes, "/fields/0/rules/0/value/1")).toEqual({ id: 1, property: "rules.0" });
    expect(placeOf(nodes, "/fields/1/fields/1/default")).toEqual({ id: 4, property: "default" });
    expect(placeOf(nodes, "/fields/1/fields")).toEqual({ id: 2, property: "fields" });
    expect(placeOf(nodes, "/fields/7/key")).toBeNull();
    expect(placeOf(nodes, "/fields")).toBeNull();
  });
});

describe("a list of values", () => {
  it.each([[["a", "b c"]], [[1, -2]], [["", "x"]], [[" x "]], [["[a]"]], [["a\nb"]]])(
    "comes back as it was: %j",
    (values) => {
      expect(listOf(listText(values), typeof values[0] === "number" ? "INT" : "STRING")).toEqual(values);
    },
  );
});

it("finds fields by a part of their key or of what they read, below what holds them", () => {
  const fields = [
    ...TREE,
    { key: "page_url", type: "STRING", from: "/context/page/url" },
    { key: "order", type: "STRING", when: { "/event": ["purchase"] } },
  ] as unknown as SchemaField[];
  const rows = rowsOf(nodesFrom(fields, { id: 1 }), new Set());
  const found = (text: string) => matching(rows, text).map((row) => (row.kind === "group" ? "head" : row.path));
  expect(found("SKU ")).toEqual(["head", "items", "items.sku"]);
  expect(found("context")).toEqual(["head", "page_url"]);
  expect(found("order")).toEqual(["head", "order"]);
  expect(found("nothing of the kind")).toEqual([]);
  const order = rows.find((row) => row.kind === "field" && row.node.key === "order") as FieldRow;
  expect(matching(rows, "nothing of the kind", order.node.id)).toContain(order);
});
