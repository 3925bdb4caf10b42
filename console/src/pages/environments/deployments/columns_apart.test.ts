import { expect, test } from "vitest";

import { columnsApartText } from "@/pages/environments/deployments/columns_apart";

const apart = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ field: `f${String(at)}`, column: `f${String(at)}__text` }));

test("each column is named, and of many the first", () => {
  expect(columnsApartText(apart(1))).toBe("“f0” goes to the column “f0__text”.");
  expect(columnsApartText(apart(5))).toBe(
    "“f0” goes to the column “f0__text”, “f1” goes to the column “f1__text”, “f2” goes to the column “f2__text”, and 2 more to others.",
  );
});
