import { expect, it } from "vitest";

import { nodesFrom, type SchemaField } from "@/pages/revisions/field";
import { nodeAt } from "@/pages/revisions/node_at";

const NODES = nodesFrom(
  [
    { key: "price", type: "FLOAT" },
    { key: "total", type: "FLOAT", from: "/order/total" },
    { key: "tags", type: "ARRAY_STRING" },
    {
      key: "items",
      type: "ARRAY_OBJECT",
      from: "/order/lines",
      fields: [{ key: "price", type: "FLOAT", from: "a/b" }],
    },
    {
      key: "page",
      type: "OBJECT",
      from: "props",
      when: { "/type": ["page"] },
      fields: [{ key: "url", type: "STRING" }],
    },
    { key: "click", type: "OBJECT", from: "props", when: { "/type": ["click"] }, fields: [{ key: "x", type: "INT" }] },
  ] as unknown as SchemaField[],
  { id: 1 },
);

it.each([
  ["/price", "price"],
  ["/order/total", "total"],
  ["/tags/*", "tags"],
  ["/order/lines", "items"],
  ["/order/lines/*", "items"],
  ["/order/lines/*/a~1b", "price"],
  ["/order/lines/3/a~1b", "price"],
  ["/order/lines/*/other", "items"],
  ["/props/url", "url"],
  ["/props/x", "x"],
  ["/props/other", "page"],
  ["/price/deeper", "price"],
])("%s is read by %s, or by what is nearest above it", (pointer, key) => {
  expect(nodeAt(NODES, pointer)?.key).toBe(key);
});

it.each(["", "/other", "/order"])("no field reads %o", (pointer) => {
  expect(nodeAt(NODES, pointer)).toBeNull();
});
