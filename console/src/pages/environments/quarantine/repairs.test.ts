import { expect, it } from "vitest";

import {
  faultsOf,
  hasRepairs,
  KINDS,
  repairsOf,
  repairText,
  suggestedFor,
  type RepairRow,
} from "@/pages/environments/quarantine/repairs";
import { Written, writeJson } from "@/text/json";

const row = (changes: Partial<RepairRow>): RepairRow => ({
  id: 1,
  kind: "number_from_text",
  pointer: "/price",
  argument: "",
  ...changes,
});

it("makes repairs of rows, each with what its kind takes alone", () => {
  expect(
    repairsOf([
      row({ argument: "left from before" }),
      row({ kind: "rename_key", pointer: "/a/prise", argument: "price" }),
      row({ kind: "set_value", pointer: "/currency", argument: '["EUR"]' }),
    ]),
  ).toEqual([
    { kind: "number_from_text", pointer: "/price" },
    { kind: "rename_key", pointer: "/a/prise", to: "price" },
    { kind: "set_value", pointer: "/currency", value: ["EUR"] },
  ]);
  expect(repairsOf([])).toEqual([]);
});

it("sends the digits of a value as they were typed", () => {
  const [repair] = repairsOf([row({ kind: "set_value", argument: "12345678901234567890.10" })]) ?? [];
  expect(repair?.value).toEqual(new Written("12345678901234567890.10"));
  expect(writeJson(repair)).toContain('"value":12345678901234567890.10');
});

it.each([
  [row({ pointer: "price" }), "pointer"],
  [row({ pointer: "" }), "pointer"],
  [row({ pointer: "/a~2" }), "pointer"],
  [row({ kind: "set_value", argument: "EUR" }), "argument"],
  [row({ kind: "set_value", argument: "" }), "argument"],
  [row({ kind: "rename_key", argument: "price" }), "argument"],
  [row({ kind: "rename_key", argument: "x".repeat(257) }), "argument"],
])("says where a repair is not complete: %o", (incomplete, field) => {
  expect(Object.keys(faultsOf(incomplete))).toEqual([field]);
  expect(repairsOf([row({}), incomplete])).toBeNull();
});

it("knows a redrive by its repairs and their order", () => {
  const shown = (kind: RepairRow["kind"], to: string | null, value: unknown) => ({
    kind,
    pointer: "/a",
    to,
    value,
    changed: 1,
    unchanged: 0,
  });
  const repairs = [shown("rename_key", "b", null), shown("set_value", null, 1.5)];
  const typed = [
    { kind: "rename_key" as const, pointer: "/a", to: "b" },
    { kind: "set_value" as const, pointer: "/a", value: new Written("1.50") },
  ];
  expect(hasRepairs({ repairs }, typed)).toBe(true);
  expect(hasRepairs({ repairs }, typed.toReversed())).toBe(false);
  expect(hasRepairs({ repairs }, [])).toBe(false);
  expect(hasRepairs({ repairs: [] }, [])).toBe(true);
});

it("suggests a repair for the events of one group, where there is one", () => {
  expect(suggestedFor({ code: "type_float", pointer: "/items/*/price" })).toEqual({
    kind: "number_from_text",
    pointer: "/items/*/price",
    argument: "",
  });
  expect(suggestedFor({ code: "not_json", pointer: "" })).toBeNull();
  expect(suggestedFor({ code: "one_of", pointer: "/event" })).toBeNull();
  expect(suggestedFor({ code: "type_float" })).toBeNull();
});

it("tells a repair in a few words", () => {
  const more = { changed: 0, unchanged: 0 };
  expect(repairText({ kind: "rename_key", pointer: "/prise", to: "price", value: null, ...more })).toBe(
    "Rename key /prise to price",
  );
  expect(repairText({ kind: "set_value", pointer: "/a", to: null, value: null, ...more })).toBe("Set value /a to null");
  expect(repairText({ kind: "remove_key", pointer: "/a", to: null, value: null, ...more })).toBe("Remove key /a");
  expect(Object.keys(KINDS)).toHaveLength(6);
});
