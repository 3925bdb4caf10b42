import { expect, it } from "vitest";

import type { Model } from "@/api/types";
import { stepText, verdict } from "@/pages/environments/settings/destination_check";

const step = (name: string, state: Model<"CheckStep">["state"]) => ({
  name,
  state,
  reason: state === "passed" ? null : "No.",
});

it("says in one sentence whether events can be delivered", () => {
  expect(verdict({ ok: true, reason: null, checks: [] }).text).toContain("nothing had to be tried");
  expect(verdict({ ok: true, reason: null, checks: [step("role", "passed")] })).toEqual({
    text: "Everything that delivery needs works.",
    proven: true,
  });
  expect(verdict({ ok: false, reason: "No.", checks: [step("role", "passed"), step("write", "failed")] })).toEqual({
    text: "Events can’t be delivered there now.",
    proven: false,
  });
});

it("claims nothing of what was not tested", () => {
  for (const checks of [[step("role", "not_tested")], [step("role", "passed"), step("write", "not_tested")]]) {
    expect(verdict({ ok: true, reason: null, checks })).toEqual({
      text: "The destination itself was not tested.",
      proven: false,
    });
  }
  const failed = verdict({ ok: false, reason: "No.", checks: [step("role", "not_tested"), step("write", "failed")] });
  expect(failed.text).toBe("Events can’t be delivered there now.");
});

it("names a step that a later deployment adds by its own name", () => {
  expect(stepText("role")).toBe("The role can be assumed");
  expect(stepText("quota")).toBe("quota");
});
