import { existsSync } from "node:fs";

import { expect, test } from "vitest";

import { protocolName, PROTOCOLS } from "@/pages/environments/quarantine/protocols";
import { PAGES } from "@/pages/environments/install/sender";
import { hintFor, SENDERS } from "@/pages/environments/install/senders";

const ADDRESS = "https://in.example.com/e/env_1";
const DOMAIN = "https://events.example.com";

function lineOf(id: string, address = ADDRESS) {
  return SENDERS.find((sender) => sender.id === id)?.line(address, "key_1");
}

test("every protocol has a sender and a page in the documentation", () => {
  expect(new Set(SENDERS.map(({ protocol }) => protocol))).toEqual(new Set(Object.keys(PAGES)));
  for (const page of Object.values(PAGES)) expect(existsSync(`../docs/protocols/${page}.md`), page).toBe(true);
});

test("every protocol of a sender has a name for its events in quarantine, and one that is unknown keeps its own", () => {
  expect(new Set<string>(Object.values(PAGES))).toEqual(new Set(PROTOCOLS));
  for (const protocol of PROTOCOLS) expect(protocolName(protocol)).not.toBe(protocol);
  expect(protocolName("matomo")).toBe("matomo");
});

test("no two senders have one id or one label", () => {
  expect(new Set(SENDERS.map(({ id }) => id)).size).toBe(SENDERS.length);
  expect(new Set(SENDERS.map(({ protocol, name }) => `${protocol}: ${name}`)).size).toBe(SENDERS.length);
});

test.each(SENDERS)("the line of $name holds the address", ({ line }) => {
  const made = line(ADDRESS, "key_1");
  expect(made).toContain("in.example.com");
  expect(made).toContain("/e/env_1");
  const own = line(DOMAIN, "key_1");
  expect(own).toContain("events.example.com");
  expect(own).not.toContain("//in");
  expect(own).not.toContain("/e/");
});

test("a sender that drops the path gets it in an option of its own, or needs a domain", () => {
  expect(lineOf("segment-analytics-node")).toBe('host: "https://in.example.com", path: "/e/env_1/v1/batch"');
  expect(lineOf("segment-analytics-node", DOMAIN)).toBe('host: "https://events.example.com"');
  expect(SENDERS.filter(({ needsDomain }) => needsDomain).map(({ id }) => id)).toEqual([
    "rudder-ruby",
    "posthog-ruby",
    "tinybird-sdk",
  ]);
  for (const { needsDomain, note } of SENDERS) if (needsDomain) expect(note).toContain("custom domain");
});

test("a sender that takes host and path apart is told whether to encrypt, and an odd port", () => {
  expect(lineOf("winston")).toBe('host: "in.example.com", path: "/e/env_1", ssl: true');
  expect(lineOf("winston", "http://127.0.0.1:8000/e/env_1")).toBe(
    'host: "127.0.0.1", port: 8000, path: "/e/env_1", ssl: false',
  );
  expect(lineOf("fluent-bit", "http://127.0.0.1:8000")).toContain("port 8000\nuri /ndjson");
  const ruby =
    'SnowplowTracker::AsyncEmitter.new(endpoint: "in.example.com/e/env_1", options: {protocol: "https", method: "post"})';
  expect(lineOf("snowplow-ruby")).toBe(ruby);
  expect(lineOf("amplitude-js")).toBe('apiEndpoint: "in.example.com/e/env_1/amplitude", forceHttps: true');
});

test("a tracker whose app ID is the write key gets it in the line", () => {
  expect(lineOf("snowplow-browser")).toBe(`newTracker("sp", "${ADDRESS}", { appId: "key_1" })`);
});

test("what a sender was answered is explained as far as it can be", () => {
  const of = (id: string) => SENDERS.find((sender) => sender.id === id);
  expect(hintFor(of("posthog-js"), [])).toBeUndefined();
  expect(hintFor(of("posthog-js"), ["a"])).toContain("write keys");
  expect(hintFor(undefined, ["a"])).toContain("write keys");
  expect(hintFor(of("webhook-github"), ["a"])).toMatch(/secret, 404/);
  expect(hintFor(of("webhook-unsigned"), ["a"])).toMatch(/write keys, 404/);
  expect(hintFor(of("webhook-unsigned"), [])).toMatch(/: 404/);
});

test.each(["snowplow-ruby", "snowplow-go", "snowplow-php", "amplitude-js", "mixpanel-node"])(
  "the line of %s says HTTP where the address does",
  (id) => {
    expect(lineOf(id, "http://127.0.0.1:8000/e/env_1")).toMatch(
      /protocol: "http"|OptionProtocol\("http"|, "http"|forceHttps: false/,
    );
    expect(lineOf(id)).not.toMatch(/protocol: "http"|OptionProtocol\("http"|, "http"|forceHttps: false/);
  },
);
