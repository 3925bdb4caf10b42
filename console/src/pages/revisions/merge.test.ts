import { describe, expect, it } from "vitest";

import type { SchemaField } from "@/pages/revisions/field";
import { merge } from "@/pages/revisions/merge";

const map = (key: string, description = "") =>
  ({ key, type: "STRING", presence: "required", description }) as SchemaField;
const BASE = [map("a"), map("b"), map("c")];

describe("two people's changes", () => {
  it("go together where they touch different keys", () => {
    const merged = merge(
      BASE,
      [map("a", "mine"), map("b"), map("c"), map("d")],
      [map("a"), map("b", "theirs"), map("e")],
    );
    expect(merged.fields).toEqual([map("a", "mine"), map("b", "theirs"), map("d"), map("e")]);
    expect(merged.contested).toEqual([]);
    expect(merged.theirs).toEqual(["b", "c", "e"]);
  });

  it("keep mine where both changed the same key differently, and say so", () => {
    const merged = merge(BASE, [map("a", "mine"), map("b"), map("c")], [map("a", "theirs"), map("b"), map("c")]);
    expect(merged.fields).toEqual([map("a", "mine"), map("b"), map("c")]);
    expect(merged.contested).toEqual(["a"]);
  });

  it("are no contest where both did the same", () => {
    const same = [map("a", "same"), map("b"), map("c")];
    expect(merge(BASE, same, same)).toEqual({ fields: same, contested: [], theirs: [] });
  });

  it("leave out what I removed unless they changed it, which is said", () => {
    expect(merge(BASE, [map("a"), map("b")], BASE).fields).toEqual([map("a"), map("b")]);
    expect(merge(BASE, [map("a"), map("b")], [map("a"), map("b"), map("c", "theirs")]).contested).toEqual(["c"]);
  });
});
