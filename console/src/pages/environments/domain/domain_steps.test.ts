import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { stepsDone, stepsOf } from "@/pages/environments/domain/domain_steps";

function domain(fields: Partial<Model<"CustomDomain">>, kind: "managed" | "imported" = "managed", issued = false) {
  const expires_at = issued ? "2027-02-18T00:00:00.000Z" : null;
  return { certificate: { kind, expires_at }, ...fields } as Model<"CustomDomain">;
}

test("a domain without its proof has done no step", () => {
  const waits = domain({ status: "pending_proof", proof: "pending" });
  expect(stepsDone(waits)).toBe(0);
  expect(stepsOf(waits).map(({ description }) => description)).toEqual([
    "Waits for the TXT record",
    "Follows the proof",
    "Serves nothing yet",
  ]);
  expect(stepsDone(domain({ status: "failed", proof: "pending" }, "imported", true))).toBe(0);
});

test("after the proof a managed certificate is waited for", () => {
  const waits = domain({ status: "pending_validation", proof: "record" });
  expect(stepsDone(waits)).toBe(1);
  expect(stepsOf(waits)[0]?.description).toBe("TXT record seen");
  expect(stepsOf(waits)[1]?.description).toBe("Waits for the validation record");
  expect(stepsDone(domain({ status: "provisioning", proof: "record" }))).toBe(1);
});

test("a domain with proof and certificate is set up, then active", () => {
  expect(stepsDone(domain({ status: "provisioning", proof: "off" }, "imported", true))).toBe(2);
  expect(stepsDone(domain({ status: "active", proof: "zone" }, "managed", true))).toBe(3);
});
