import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { reasonsOf } from "@/pages/overview/reasons";

const PRODUCTION = { id: "env_1", name: "Production" } as Model<"Environment">;
const STAGING = { id: "env_2", name: "Staging" } as Model<"Environment">;

function group(given: Partial<Model<"QuarantineGroup">>): Model<"QuarantineGroup"> {
  return {
    revision_id: "rev_1",
    code: "type_int",
    pointer: "/age",
    count: 1,
    redriven: 0,
    first_seen: "",
    last_seen: "",
    trend: [],
    ...given,
  };
}

test("revisions of an environment are summed, environments are not", () => {
  const reasons = reasonsOf([
    { environment: PRODUCTION, groups: [group({ count: 3 }), group({ revision_id: "rev_2", redriven: 2 })] },
    { environment: STAGING, groups: [group({ count: 9 })] },
  ]);
  expect(reasons.map(({ environment, count }) => [environment.name, count])).toEqual([
    ["Staging", 9],
    ["Production", 6],
  ]);
});

test("a code that this console does not know is left out", () => {
  expect(reasonsOf([{ environment: PRODUCTION, groups: [group({ code: "of_tomorrow" })] }])).toEqual([]);
});
