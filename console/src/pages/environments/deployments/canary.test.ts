import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { abortedAutomatically, inForce, runningCanary, timeText } from "@/pages/environments/deployments/canary";

type Deployment = Model<"Deployment">;

const plain = (id: string) => ({ id, canary: null }) as Deployment;
const canary = (id: string, state: string, reason: string | null = null) =>
  ({ id, canary: { state, reason } }) as Deployment;

test("what runs was deployed to all requests, or promoted", () => {
  expect(inForce([canary("d3", "running"), canary("d2", "aborted"), plain("d1")])?.id).toBe("d1");
  expect(inForce([canary("d3", "aborted"), canary("d2", "promoted"), plain("d1")])?.id).toBe("d2");
  expect(inForce([])).toBeUndefined();
});

test("a canary that runs is found among others that have ended", () => {
  expect(runningCanary([canary("d3", "running"), canary("d2", "aborted")])?.id).toBe("d3");
  expect(runningCanary([canary("d2", "aborted"), plain("d1")])).toBeUndefined();
  expect(runningCanary(undefined)).toBeUndefined();
});

test("the reason of an automatic abort is told until something else is deployed", () => {
  const aborted = canary("d2", "aborted", "automatic: refused share 5.2 % against 1.1 %");
  expect(abortedAutomatically([aborted, plain("d1")])).toBe("refused share 5.2 % against 1.1 %");
  expect(abortedAutomatically([plain("d3"), aborted])).toBeNull();
  expect(abortedAutomatically([canary("d2", "aborted")])).toBeNull();
  expect(abortedAutomatically([])).toBeNull();
});

test("a time is told in words where it has some", () => {
  expect(timeText(3_600)).toBe("1 hour");
  expect(timeText(90)).toBe("90 seconds");
});
