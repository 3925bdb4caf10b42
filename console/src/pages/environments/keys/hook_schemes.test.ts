import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { freeName, makeSecret, postingAddress, SCHEME_IDS, SCHEMES } from "@/pages/environments/keys/hook_schemes";
import {
  standsAt,
  withNewSecret,
  withoutOlderSecret,
  withoutWebhook,
  withWebhook,
} from "@/pages/environments/keys/webhook_changes";
import { afterRemoval, makeWriteKey } from "@/pages/environments/keys/write_keys";

const ROWS = [
  { name: "github", scheme: "github", secrets_set: 2, address: "https://in.example/e/env_1/hooks/github" },
  { name: "svix", scheme: "standard", secrets_set: 1, address: "https://in.example/e/env_1/hooks/svix" },
] as const;
const SVIX = { name: "svix", scheme: "standard" };

test("every scheme has texts, a name that the API takes, and a row in the documentation", () => {
  const page = readFileSync("../docs/protocols/hooks.md", "utf8");
  expect(new Set(SCHEME_IDS.map((id) => SCHEMES[id].sender)).size).toBe(SCHEME_IDS.length);
  for (const id of SCHEME_IDS) {
    expect(SCHEMES[id].name).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
    expect(SCHEMES[id].secret === null).toBe(id === "none");
    expect(page).toContain(`\n| \`${id}\` |`);
  }
});

test("a new webhook has a name that is free", () => {
  expect(freeName("github", [])).toBe("github");
  expect(freeName("github", ["github", "github-2", "github-4"])).toBe("github-3");
});

test("a sender that does not sign is given a write key where one is needed", () => {
  const address = "https://in.example/e/env_1/hooks/till";
  expect(postingAddress({ address, scheme: "none" }, ["a&b", "c"])).toBe(`${address}?writeKey=a%26b`);
  expect(postingAddress({ address, scheme: "none" }, [])).toBe(address);
  expect(postingAddress({ address, scheme: "hmac" }, ["a&b"])).toBe(address);
});

test("secrets and keys that are made are new each time and as the API takes them", () => {
  expect(makeSecret()).toMatch(/^[0-9a-f]{64}$/);
  expect(makeSecret()).not.toBe(makeSecret());
  expect(makeWriteKey()).toMatch(/^wk_[0-9a-f]{24}$/);
  expect(makeWriteKey()).not.toBe(makeWriteKey());
});

test("a change of one webhook leaves the others and their secrets as they are", () => {
  const added = { name: "till", scheme: "none" } as const;
  expect(withWebhook(ROWS, added)).toEqual([{ name: "github", scheme: "github" }, SVIX, added]);
  expect(withoutWebhook(ROWS, "github")).toEqual([SVIX]);
  const alone = { name: "github", scheme: "github", secrets: ["new-secret"] };
  expect(withNewSecret(ROWS, "github", "new-secret", false)).toEqual([alone, SVIX]);
  expect(withNewSecret(ROWS, "github", "new-secret", true)).toEqual([{ ...alone, keep_newest: true }, SVIX]);
  expect(withoutOlderSecret(ROWS, "github")).toEqual([{ name: "github", scheme: "github", keep_newest: true }, SVIX]);
});

test("faults of one webhook of the request belong to the fields of its form", () => {
  expect(standsAt(2)["webhooks.2.secrets"]).toBe("secret");
  expect(standsAt(2)["webhooks.2.name"]).toBe("name");
  expect(standsAt(2)["webhooks.1.name"]).toBeUndefined();
});

test("removing a key says whom it turns away, and that the last one lets everyone in", () => {
  expect(afterRemoval("a", ["a", "b"])).toContain("401");
  expect(afterRemoval("a", ["a"])).toContain("with or without a key");
});
