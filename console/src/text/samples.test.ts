import { expect, it } from "vitest";

import { samplesFrom } from "@/text/samples";

const texts = (text: string) => samplesFrom(text).events?.map((event) => event.text);

it("takes an event, an array of events, and one per line", () => {
  const two = ['{"a": 1}', '{"a": 2}'];
  expect(texts(' {"a": 1} ')).toEqual(['{"a": 1}']);
  expect(texts('[{"a": 1}, {"a": 2}]')).toEqual(two);
  expect(texts('{"a": 1}\n\n{"a": 2}\n')).toEqual(two);
  expect(texts('{\n  "a": 1\n}')).toEqual(['{\n  "a": 1\n}']);
});

it("keeps every event as it was written", () => {
  const events = ['{"id":9007199254740993,"id":1.10}', '{"list": [[1], {"b":[]}], "t": "]},"}'];
  expect(texts(`[${events.join()}]`)).toEqual(events);
  expect(texts(events.join("\n"))).toEqual(events);
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect(texts(`[${deep}]`)).toEqual([deep]);
});

it("says what is wrong with anything else", () => {
  expect(samplesFrom(" ").fault).toContain("Paste an event");
  expect(samplesFrom("7").fault).toContain("JSON object");
  expect(samplesFrom("[]").fault).toContain("empty");
  expect(samplesFrom('[{"a": 1}, 7]').fault).toContain("Event 2");
  expect(samplesFrom('{"a": 1}\n{"a": }').fault).toContain("Line 2");
  expect(samplesFrom('{"a": 1').fault).toContain("not JSON");
});
