import { expect, it } from "vitest";

import { stepText, verdict } from "@/pages/environments/destination_check";

it("says in one sentence whether events can be delivered", () => {
  const role = { name: "role", ok: true, reason: null };
  expect(verdict({ ok: true, reason: null, checks: [] })).toContain("nothing had to be tried");
  expect(verdict({ ok: true, reason: null, checks: [role] })).toBe("Everything that delivery needs works.");
  expect(verdict({ ok: false, reason: "No.", checks: [role, { name: "write", ok: false, reason: "No." }] })).toBe(
    "Events can’t be delivered there now.",
  );
});

it("names a step that a later deployment adds by its own name", () => {
  expect(stepText("role")).toBe("The role can be taken on");
  expect(stepText("quota")).toBe("quota");
});
