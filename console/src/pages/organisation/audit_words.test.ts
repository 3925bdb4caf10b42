import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { writeJson } from "@/text/json";

import { AUDIT_WORDS, actionChoices, changedFields, knownFrom, sentenceOf, textOf, type Entry } from "./audit_words";

/** Every text of the form `thing.done` in the code that writes the log; names of files and settings are of that form, too. */
function actionsOfTheCode(): string[] {
  const files = readdirSync("../domain", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));
  const texts = files.map((name) => readFileSync(`../domain/${name}`, "utf8"));
  const found = texts.flatMap((text) =>
    Array.from(text.matchAll(/"([a-z_]+\.[a-z][a-z_]*)"/g), ([, action]) => action ?? ""),
  );
  return [...new Set(found.filter((action) => !/\.(md|json|py|html|ts|enabled)$/.test(action)))].sort();
}

function entry(part: Partial<Entry>): Entry {
  return {
    id: "aud_1",
    at: "2026-11-25T00:00:00.000Z",
    action: "endpoint.create",
    subject: { type: "endpoint", id: "ep_1" },
    actor: { member_id: "mem_1", name: "ann@example.com", token_id: null },
    source_ip: "203.0.113.7",
    before: null,
    after: null,
    ...part,
  };
}

function tell(part: Partial<Entry>, others: Entry[] = [], named: { id: string; name: string }[] = []): string {
  const told = entry(part);
  return textOf(sentenceOf(told, knownFrom([told, ...others], named)));
}

const PRODUCTION = { type: "environment", id: "env_1", name: "Production", endpoint_id: "ep_1" };

describe("the words of the audit log", () => {
  it("has words for every action of the code, and for no other", () => {
    const actions = actionsOfTheCode();
    expect(actions).toContain("environment.deploy");
    expect(Object.keys(AUDIT_WORDS).sort()).toEqual(actions);
  });

  it("offers every action once as a filter, and its family", () => {
    const values = actionChoices().flatMap(({ items }) => items.map(({ value }) => value));
    expect(values.filter((value) => value.includes(".")).sort()).toEqual(Object.keys(AUDIT_WORDS).sort());
    expect(values).toContain("environment");
    expect(new Set(values).size).toBe(values.length);
  });

  it("says who did what to what", () => {
    expect(tell({ after: { name: "Shop" } })).toBe("ann@example.com created endpoint Shop");
    expect(tell({ action: "endpoint.change", before: { name: "Shop" }, after: { name: "Store" } })).toBe(
      "ann@example.com renamed endpoint Shop to Store",
    );
    const after = { revision_id: "rev_2", revision_name: "Revision 2", note: "" };
    expect(tell({ action: "environment.deploy", subject: PRODUCTION, before: { revision_id: "rev_1" }, after })).toBe(
      "ann@example.com deployed Revision 2 to Production",
    );
    expect(
      tell({ action: "environment.change", subject: PRODUCTION, before: { rate_limit: 1 }, after: { rate_limit: 2 } }),
    ).toBe("ann@example.com changed environment Production");
    expect(
      tell({ action: "redrive.create", subject: { type: "redrive", id: "rdr_1" }, after: { dry_run: true } }),
    ).toBe("ann@example.com started a redrive as a dry run");
  });

  it("takes a name from where it is known, and the id where it is not", () => {
    const subject = { type: "member", id: "mem_2" };
    const given = { action: "member.change", subject, before: { role: "viewer" }, after: { role: "editor" } };
    expect(tell(given, [], [{ id: "mem_2", name: "bob@example.com" }])).toBe(
      "ann@example.com changed the role of bob@example.com to editor",
    );
    const created = entry({ action: "environment.create", subject: PRODUCTION });
    const read = { action: "quarantine.read", subject: { type: "environment", id: "env_1" } };
    expect(tell(read, [created])).toBe("ann@example.com read quarantined events of Production");
    expect(tell(read)).toBe("ann@example.com read quarantined events of env_1");
    const tap = { action: "tap.create", subject: { type: "tap", id: "tap_1" }, after: { environment_id: "env_1" } };
    expect(tell(tap, [created])).toBe("ann@example.com started a tap on Production");
  });

  it("calls what was renamed by its newest name elsewhere", () => {
    const subject = { type: "endpoint", id: "ep_1" };
    const renamed = entry({ action: "endpoint.change", subject, before: { name: "Shop" }, after: { name: "Store" } });
    expect(knownFrom([renamed, entry({ after: { name: "Shop" } })], []).names.get("ep_1")).toBe("Store");
  });

  it("shows an action without words as it is", () => {
    expect(tell({ action: "moon.paint" })).toBe("ann@example.com moon.paint ep_1");
  });

  it("knows the endpoint of what has a page, and what is gone", () => {
    const deleted = entry({ action: "environment.delete", subject: PRODUCTION });
    const domain = entry({ action: "custom_domain.delete", subject: { ...PRODUCTION, id: "env_2" } });
    const known = knownFrom([deleted, domain], []);
    expect([...known.gone]).toEqual(["env_1"]);
    expect(known.endpoints.get("env_2")).toBe("ep_1");
  });
});

describe("the fields that changed", () => {
  it("names those that differ, on either side", () => {
    const before = { name: "Shop", rate_limit: null, origins: ["a"], old: 1 };
    const after = { name: "Store", rate_limit: 7, origins: ["a"], new: null };
    expect(changedFields(entry({ before, after }), writeJson)).toEqual(["name", "rate_limit", "old", "new"]);
  });

  it("names none where a thing came or went", () => {
    expect(changedFields(entry({ after: { name: "Shop" } }), writeJson)).toEqual([]);
    expect(changedFields(entry({ before: { name: "Shop" } }), writeJson)).toEqual([]);
  });
});
