import { describe, expect, it } from "vitest";

import { inWords, whenAt } from "@/pages/revisions/in_words";

const changed = (before: Record<string, unknown> | null, after: Record<string, unknown> | null) =>
  inWords({ path: "order.total", before, after });

describe("a change in words", () => {
  it("says in which events a field is in force", () => {
    expect(changed({}, { when: { "/type": ["track", "page"] } })).toEqual([
      "Before: in force in every event. Now: in force in events where /type is track or page.",
    ]);
  });

  it("says where a value is read, the key where nothing else is given", () => {
    expect(changed({}, { from: "/context/total" })).toEqual([
      "Before: read from total. Now: read from /context/total.",
    ]);
  });

  it("says how times are sent and what is stored of a protected value", () => {
    expect(changed({}, { format: "rfc3339" })).toEqual([
      "Before: sent as Unix seconds. Now: sent as text with a time zone (RFC 3339).",
    ]);
    expect(changed({ protect: "hash" }, {})).toEqual([
      "Before: the value is stored as a hash. Now: the value is stored as it is.",
    ]);
  });

  it("leaves a field that came or went to its rows", () => {
    expect(changed(null, { protect: "hash" })).toEqual([]);
  });
});

describe("the kind of event of a change", () => {
  const page = { key: "page", type: "OBJECT" as const, presence: "required" as const, when: { "/type": ["page"] } };

  it("is that of the root field, as it is now", () => {
    expect(whenAt("page.url", [{ ...page, when: {} }], [page])).toEqual({ "/type": ["page"] });
    expect(whenAt("page.url", [page], [])).toEqual({ "/type": ["page"] });
    expect(whenAt("", [page], [page])).toBeNull();
  });
});
