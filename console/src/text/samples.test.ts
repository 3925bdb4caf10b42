import { expect, it } from "vitest";

import { samplesFrom } from "@/text/samples";

it("takes an event, an array of events, and one a line", () => {
  const two = [{ a: 1 }, { a: 2 }];
  expect(samplesFrom(' {"a": 1} ').events).toEqual([{ a: 1 }]);
  expect(samplesFrom('[{"a": 1}, {"a": 2}]').events).toEqual(two);
  expect(samplesFrom('{"a": 1}\n\n{"a": 2}\n').events).toEqual(two);
  expect(samplesFrom('{\n  "a": 1\n}').events).toEqual([{ a: 1 }]);
});

it("says what is wrong with anything else", () => {
  expect(samplesFrom(" ").fault).toContain("Paste an event");
  expect(samplesFrom("7").fault).toContain("JSON object");
  expect(samplesFrom("[]").fault).toContain("empty");
  expect(samplesFrom('[{"a": 1}, 7]').fault).toContain("Event 2");
  expect(samplesFrom('{"a": 1}\n{"a": }').fault).toContain("Line 2");
  expect(samplesFrom('{"a": 1').fault).toContain("not JSON");
});
