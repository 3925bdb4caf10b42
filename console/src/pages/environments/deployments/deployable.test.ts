import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { isOlder, offeredAgain, otherRevisions } from "@/pages/environments/deployments/deployable";

const revision = (id: string, state: "draft" | "finalised" = "finalised") => ({ id, state }) as Model<"Revision">;
const deployment = (id: string, revision_id: string, canary: { state: string } | null = null) =>
  ({ id, revision_id, canary }) as Model<"Deployment">;

const REVISIONS = [revision("one"), revision("two"), revision("three", "draft"), revision("four")];

test("finalised revisions that do not run are offered, the newest first", () => {
  expect(otherRevisions(REVISIONS, "two").map(({ id }) => id)).toEqual(["four", "one"]);
});

test("a revision is older than one that was made after it", () => {
  expect(isOlder(REVISIONS, "one", "two")).toBe(true);
  expect(isOlder(REVISIONS, "four", "two")).toBe(false);
});

test("each revision is offered again once, and the one that runs never, however often it was deployed", () => {
  const history = [
    deployment("d5", "one"),
    deployment("d4", "two"),
    deployment("d3", "one"),
    deployment("d2", "two"),
    deployment("d1", "four"),
  ];
  expect([...offeredAgain(history)]).toEqual(["d4", "d1"]);
  expect(offeredAgain([]).size).toBe(0);
});

test("beside a canary the revision that runs is not offered again, nor the canary's", () => {
  const history = [
    deployment("d3", "two", { state: "running" }),
    deployment("d2", "one"),
    deployment("d1", "two", { state: "aborted" }),
    deployment("d0", "four"),
  ];
  expect([...offeredAgain(history)]).toEqual(["d0"]);
  expect([...offeredAgain(history.slice(1))]).toEqual(["d1", "d0"]);
});
