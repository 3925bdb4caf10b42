import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { endpointsToRead, entriesOf, found, MOST_OF_A_KIND, placesOfEvent, type Known } from "@/shell/search/entries";

const EVENT = "evt_01a226f11a6f70009db13f2da5ac7c1b";

function endpoint(id: string, name: string): Model<"Endpoint"> {
  return { id, name } as Model<"Endpoint">;
}

const KNOWN: Known[] = [
  {
    endpoint: endpoint("ep_1", "Web shop"),
    environments: [
      { id: "env_1", name: "Production" },
      { id: "env_2", name: "Staging" },
    ] as Model<"Environment">[],
    revisions: [{ id: "rev_1", name: "With vouchers" }] as Model<"Revision">[],
  },
  { endpoint: endpoint("ep_2", "App errors"), environments: [], revisions: [] },
];

function labels(text: string): string[] {
  return found(entriesOf(KNOWN), text).map(({ label }) => label);
}

test("words are looked for in the name and beside it, in any order and case", () => {
  expect(labels("SHOP prod")).toEqual(["Production"]);
  expect(labels("vouch")).toEqual(["With vouchers"]);
  expect(labels("web shop")).toEqual(["Web shop", "Production", "Staging", "With vouchers"]);
  expect(labels("nothing such")).toEqual([]);
});

test("an id finds what it names alone", () => {
  expect(labels("env_2")).toEqual(["Staging"]);
  expect(labels("rev_1")).toEqual(["With vouchers"]);
  expect(labels("env_")).toEqual([]);
});

test("of a kind, some are shown", () => {
  const many = Array.from({ length: 20 }, (_, index) => ({
    endpoint: endpoint(`ep_${index}`, `Shop ${index}`),
    environments: [],
    revisions: [],
  }));
  expect(found(entriesOf(many), "shop")).toHaveLength(MOST_OF_A_KIND);
});

test("an event is looked for in the open environment, or in each that is known", () => {
  expect(placesOfEvent(KNOWN, EVENT, "env_2").map(({ key }) => key)).toEqual(["quarantine env_2", "live env_2"]);
  expect(placesOfEvent(KNOWN, EVENT, undefined)).toHaveLength(4);
  expect(placesOfEvent(KNOWN, "evt_1", undefined)).toEqual([]);
});

test("the open endpoint is read, those that a word names, and the first", () => {
  const all = ["Alpha", "Beta", "Gamma", "Delta"].map((name) => endpoint(name.toLowerCase(), name));
  const names = (text: string, open?: string) => endpointsToRead(all, text, open, 1).map(({ name }) => name);
  expect(names("")).toEqual(["Alpha"]);
  expect(names("delta production")).toEqual(["Delta", "Alpha"]);
  expect(names("", "gamma")).toEqual(["Gamma", "Alpha"]);
});
