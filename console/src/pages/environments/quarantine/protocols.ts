/** Protocols of other collectors, as the API names them and as people do: `docs/protocols/`. */

const NAMES = {
  segment: "Segment",
  posthog: "PostHog",
  snowplow: "Snowplow",
  amplitude: "Amplitude",
  mixpanel: "Mixpanel",
  ga4: "Google Analytics 4",
  cloudevents: "CloudEvents",
  tinybird: "Tinybird",
  ndjson: "NDJSON",
  firehose: "Amazon Data Firehose",
  logpush: "Cloudflare Logpush",
  hooks: "Webhook",
} as const;

/** What an event came in; a protocol that the console does not know yet keeps the API's name. */
export function protocolName(protocol: string): string {
  return (NAMES as Readonly<Record<string, string>>)[protocol] ?? protocol;
}

/** The protocols that have a name here. */
export const PROTOCOLS: readonly string[] = Object.keys(NAMES);
