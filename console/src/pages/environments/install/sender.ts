/** What the console knows of a sender that it did not make: an SDK, a shipper, a webhook. */

import type { HookScheme } from "@/pages/environments/keys/hook_schemes";

export interface Sender {
  /** As it stands in the page's address. */
  id: string;
  protocol: Protocol;
  name: string;
  /** What the sender calls the setting. */
  option: string;
  /** The line to change, for an environment's address without a slash at its end, and a write key. */
  line: (address: string, key: string) => string;
  /** What else to know before the first event. */
  note?: string;
  /** The sender drops the path of what it is given, so only a custom domain works. */
  needsDomain?: true;
  /** When the sender is given a write key: a signature of its own stands for one. */
  key: "always" | "if listed" | "never";
  /** Of a webhook, which the environment has to have: how it is signed. Its line is made of its own address. */
  scheme?: HookScheme;
}

/** Each protocol's page in `docs/protocols/`. */
export const PAGES = {
  Segment: "segment",
  RudderStack: "segment",
  Jitsu: "segment",
  PostHog: "posthog",
  Snowplow: "snowplow",
  Amplitude: "amplitude",
  Mixpanel: "mixpanel",
  "Google Analytics 4": "ga4",
  CloudEvents: "cloudevents",
  Tinybird: "tinybird",
  "Log shippers": "ndjson",
  "Amazon Data Firehose": "firehose",
  "Cloudflare Logpush": "logpush",
  Webhooks: "hooks",
} as const;

export type Protocol = keyof typeof PAGES;

export const withoutScheme = (address: string) => address.replace(/^https?:\/\//, "");
export const schemeOf = (address: string) => (isSecure(address) ? "https" : "http");
export const isSecure = (address: string) => address.startsWith("https:");
export const pathOf = (address: string) => new URL(address).pathname.replace(/\/$/, "");

export type Made = Omit<Sender, "protocol" | "key">;

export function of(protocol: Protocol, key: Sender["key"], senders: Made[]): Sender[] {
  return senders.map((sender) => ({ ...sender, protocol, key }));
}
