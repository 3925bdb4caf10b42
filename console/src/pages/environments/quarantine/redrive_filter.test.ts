import { expect, it } from "vitest";

import type { Model } from "@/api/types";
import { dryRunOf, isOf, isToBeDeployed } from "@/pages/environments/quarantine/redrive_filter";

const KEPT_FROM = "2026-10-26T09:00:00.000Z";
const OPEN = {
  created_at: "2026-11-25T09:10:00.000Z",
  filter: {
    code: null,
    pointer: "/price",
    revision: null,
    event_name: null,
    from: "2026-10-26T09:00:00.000Z",
    to: "2026-11-25T10:00:00.000Z",
  },
};
const BY_DAY = {
  ...OPEN,
  filter: { ...OPEN.filter, from: "2026-11-20T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" },
};
const DAY = { from: "2026-11-20T00:00:00Z", to: "2026-11-21T00:00:00.000Z" };

it("takes a redrive of another period for another one", () => {
  expect(isOf(OPEN, { pointer: "/price" }, KEPT_FROM)).toBe(true);
  expect(isOf(OPEN, { pointer: "/price", ...DAY }, KEPT_FROM)).toBe(false);
  expect(isOf(BY_DAY, { pointer: "/price", ...DAY }, KEPT_FROM)).toBe(true);
  expect(isOf(BY_DAY, { pointer: "/price" }, KEPT_FROM)).toBe(false);
  expect(isOf(BY_DAY, { pointer: "/price", from: DAY.from }, KEPT_FROM)).toBe(false);
});

it("takes a redrive for another reason for another one", () => {
  expect(isOf(OPEN, {}, KEPT_FROM)).toBe(false);
  expect(isOf(OPEN, { pointer: "/price", code: "required" }, KEPT_FROM)).toBe(false);
});

it("counts on a dry run until a redrive has sent something", () => {
  const run = (id: string, changed: object) => ({
    ...OPEN,
    id,
    revision_id: "rev_2",
    dry_run: true,
    state: "done",
    sent: 0,
    repairs: [],
    ...changed,
  });
  const found = (...rows: object[]) =>
    dryRunOf(rows as Model<"Redrive">[], "rev_2", { pointer: "/price" }, KEPT_FROM)?.id;
  expect(found(run("b", {}), run("a", {}))).toBe("b");
  expect(found(run("b", { dry_run: false, sent: 3 }), run("a", {}))).toBeUndefined();
  expect(found(run("b", { dry_run: false, state: "running" }), run("a", {}))).toBeUndefined();
  expect(found(run("b", { dry_run: false, state: "failed" }), run("a", {}))).toBe("a");
  expect(found(run("c", {}), run("b", { dry_run: false, sent: 3 }))).toBe("c");
  expect(found(run("a", { state: "running" }))).toBeUndefined();
  expect(found(run("a", { revision_id: "rev_1" }))).toBeUndefined();
  const repair = { kind: "remove_key", pointer: "/a", to: null, value: null, changed: 1, unchanged: 0 };
  expect(found(run("b", { repairs: [repair] }), run("a", {}))).toBe("a");
});

it("asks for a deployment once a redrive has sent events under another revision, until something is deployed", () => {
  const redrive = {
    dry_run: false,
    state: "done" as const,
    sent: 2,
    revision_id: "rev_2",
    created_at: OPEN.created_at,
  };
  const environment = { revision_id: "rev_1", deployed_at: "2026-11-20T00:00:00.000Z" };
  expect(isToBeDeployed(redrive, environment)).toBe(true);
  expect(isToBeDeployed({ ...redrive, dry_run: true }, environment)).toBe(false);
  expect(isToBeDeployed({ ...redrive, state: "running" }, environment)).toBe(false);
  expect(isToBeDeployed({ ...redrive, sent: 0 }, environment)).toBe(false);
  expect(isToBeDeployed(redrive, { ...environment, revision_id: "rev_2" })).toBe(false);
  expect(isToBeDeployed(redrive, { ...environment, deployed_at: "2026-11-26T00:00:00.000Z" })).toBe(false);
});
