import { describe, expect, it } from "vitest";

import { nodesFrom, type SchemaField } from "@/pages/revisions/field";
import { addedFor, canBeField, spelled, typeOf } from "@/pages/revisions/unknown_field";

const NODES = nodesFrom(
  [
    { key: "coupon", type: "STRING", presence: "required" },
    { key: "place", type: "OBJECT", from: "address", fields: [{ key: "city", type: "STRING" }] },
    { key: "library", type: "OBJECT", from: "/context/library", fields: [{ key: "name", type: "STRING" }] },
    { key: "free", type: "JSON" },
    {
      key: "page",
      type: "OBJECT",
      from: "properties",
      when: { "/type": ["page"] },
      fields: [{ key: "url", type: "STRING" }],
    },
  ] as unknown as SchemaField[],
  { id: 1 },
);

const field = (key: string, from = "") => ({ key, from, type: "STRING", presence: "optional" });
const added = (pointer: string) => addedFor(NODES, pointer, ["string"]);

describe("a field for an unknown key", () => {
  it.each([
    ["/total", field("total")],
    ["/_private", field("_private")],
    ["/messageId", field("message_id", "messageId")],
    ["/a~1b", field("a_b", "a/b")],
    ["/Coupon", field("coupon_2", "Coupon")],
    ["/_extra", field("extra", "_extra")],
    ["/context/page/URL", field("url", "/context/page/URL")],
    ["/~1x", field("x", "/~1x")],
    ["/properties/url", field("url", "/properties/url")],
    ["/_partition", field("partition", "_partition")],
  ])("%s stands at the root, optional and under a key that can be stored", (pointer, expected) => {
    expect(added(pointer)).toEqual({ parentId: null, field: expected });
  });

  it("stands below the object that reads what holds it", () => {
    expect(added("/address/zipCode")).toEqual({ parentId: NODES[1]?.id, field: field("zip_code", "zipCode") });
    expect(added("/context/library/version")).toEqual({ parentId: NODES[2]?.id, field: field("version") });
    expect(added("/address/geo/lat")).toEqual({ parentId: NODES[1]?.id, field: field("lat", "/geo/lat") });
  });

  it("is the one that reads it already", () => {
    expect(added("/coupon")).toEqual({ id: NODES[0]?.id });
    expect(added("/context/library/name")).toEqual({ id: NODES[2]?.fields[0]?.id });
  });

  it.each([
    ["userID", "user_id"],
    ["HTTPServer2", "http_server2"],
    ["Coupon Code", "coupon_code"],
    ["Größe", "gro_e"],
    ["2fast", "_2fast"],
    ["日本", "key"],
    ["$set", "set"],
    ["x".repeat(200), "x".repeat(128)],
  ])("%s is called %s", (name, key) => {
    expect(spelled(name)).toBe(key);
  });

  it.each([
    [["string"], "STRING"],
    [["integer"], "INT"],
    [["number"], "FLOAT"],
    [["integer", "number", "null"], "FLOAT"],
    [["boolean", "null"], "BOOLEAN"],
    [["object"], "JSON"],
    [["array"], "JSON"],
    [["string", "integer"], "JSON"],
    [["null"], "JSON"],
  ])("of kinds %j has the type %s", (kinds, type) => {
    expect(typeOf(kinds)).toBe(type);
  });

  it.each([
    ["/a", true],
    ["/a/b/c/d/e/f/g/h", true],
    ["/a/b/c/d/e/f/g/h/i", false],
    ["/items/*/sku", false],
    ["/*", false],
    [`/${"x".repeat(257)}`, false],
  ])("can be there for %s: %s", (pointer, can) => {
    expect(canBeField(pointer)).toBe(can);
  });
});
