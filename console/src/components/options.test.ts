import { expect, test } from "vitest";

import { distinct, optionsOf } from "@/components/options";

test("of two choices with one value the first is kept", () => {
  expect(distinct(["a", "b", "a"])).toEqual(["a", "b"]);
  const named = [
    { value: "1", label: "One" },
    { value: "1", label: "One again" },
  ];
  expect(distinct(named)).toEqual([{ value: "1", label: "One" }]);
});

test("two things of one name stay two choices", () => {
  const rows = [
    { id: "rev_1", name: "First" },
    { id: "rev_2", name: "First" },
    { id: "rev_1", name: "First" },
  ];
  expect(optionsOf(rows).map(({ value }) => value)).toEqual(["rev_1", "rev_2"]);
  expect(optionsOf(undefined)).toEqual([]);
});
