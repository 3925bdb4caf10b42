import { expect, it } from "vitest";

import { wrongWith } from "@/pages/environments/quarantine/told";

it("says of a code what is wrong, and names one that it does not know", () => {
  expect(wrongWith("type_float")).toBe("is not a number.");
  expect(wrongWith("not_json")).toBe("is not JSON.");
  expect(wrongWith("odd")).toBe("has the fault odd.");
});
