/** SDKs, shippers and webhooks of other collectors, and the one thing that each has to be set to: `docs/protocols/`. */

import { SCHEME_IDS, SCHEMES, type HookScheme } from "@/pages/environments/keys/hook_schemes";

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

const withoutScheme = (address: string) => address.replace(/^https?:\/\//, "");
const schemeOf = (address: string) => (isSecure(address) ? "https" : "http");
const isSecure = (address: string) => address.startsWith("https:");
const pathOf = (address: string) => new URL(address).pathname.replace(/\/$/, "");

type Made = Omit<Sender, "protocol" | "key">;

function of(protocol: Protocol, key: Sender["key"], senders: Made[]): Sender[] {
  return senders.map((sender) => ({ ...sender, protocol, key }));
}

const hook = (scheme: HookScheme): Made => ({
  id: `webhook-${SCHEMES[scheme].name}`,
  name: SCHEMES[scheme].sender,
  option: "address to post to",
  line: (address) => address,
  scheme,
});

export const SENDERS: Sender[] = [
  ...of("Segment", "always", [
    {
      id: "segment-python",
      name: "segment-analytics-python",
      option: "host",
      line: (address) => `analytics.host = "${address}"`,
    },
    {
      id: "segment-analytics-node",
      name: "@segment/analytics-node",
      option: "host and path",
      line: (address) => {
        const path = pathOf(address);
        const { origin } = new URL(address);
        return path === "" ? `host: "${origin}"` : `host: "${origin}", path: "${path}/v1/batch"`;
      },
      note: "The SDK drops the path of host, so the path has an option of its own. With a custom domain, set host alone.",
    },
    { id: "analytics-node", name: "analytics-node 6", option: "host", line: (address) => `host: "${address}"` },
    {
      id: "analytics-next",
      name: "@segment/analytics-next (browsers)",
      option: "cdnURL",
      line: (address) => `cdnURL: "${address}"`,
    },
    {
      id: "segment-react-native",
      name: "@segment/analytics-react-native",
      option: "proxy and cdnProxy",
      line: (address) => `proxy: "${address}/v1", cdnProxy: "${address}/v1", useSegmentEndpoints: true`,
    },
    {
      id: "segment-mobile",
      name: "Segment for Swift, Kotlin, Flutter and C#",
      option: "apiHost and cdnHost",
      line: (address) => `apiHost: "${withoutScheme(address)}/v1", cdnHost: "${withoutScheme(address)}/v1"`,
      note: "These SDKs always send over HTTPS.",
    },
    {
      id: "segment-go",
      name: "Segment for Go",
      option: "Endpoint",
      line: (address) => `analytics.Config{Endpoint: "${address}"}`,
    },
    {
      id: "segment-java",
      name: "Segment for Java",
      option: "upload URL",
      line: (address) => `setUploadURL("${address}/v1/import")`,
    },
    {
      id: "segment-ruby",
      name: "Segment for Ruby",
      option: "host and path",
      line: (address) => {
        const path = pathOf(address);
        const { hostname } = new URL(address);
        return path === "" ? `host: "${hostname}"` : `host: "${hostname}", path: "${path}/v1/batch"`;
      },
    },
    {
      id: "segment-php",
      name: "Segment for PHP",
      option: "host",
      line: (address) => `"host" => "${withoutScheme(address)}"`,
    },
  ]),
  ...of("RudderStack", "always", [
    {
      id: "rudder-python",
      name: "rudder-sdk-python",
      option: "dataPlaneUrl",
      line: (address) => `rudder_analytics.dataPlaneUrl = "${address}"`,
    },
    {
      id: "rudder-node",
      name: "@rudderstack/rudder-sdk-node",
      option: "dataPlaneUrl",
      line: (address) => `dataPlaneUrl: "${address}"`,
      note: "Set an errorHandler as well: without one, the SDK ends its process when a request is refused.",
    },
    {
      id: "rudder-js",
      name: "@rudderstack/analytics-js (browsers)",
      option: "data plane URL and configUrl",
      line: (address, key) => `load("${key}", "${address}", { configUrl: "${address}" })`,
    },
    {
      id: "rudder-worker",
      name: "@rudderstack/analytics-js-service-worker",
      option: "data plane URL",
      line: (address, key) => `new Analytics("${key}", "${address}")`,
    },
    {
      id: "rudder-mobile",
      name: "RudderStack for Android, iOS, Kotlin and Swift",
      option: "data plane URL and control plane URL",
      line: (address) => `dataPlaneUrl: "${address}", controlPlaneUrl: "${address}"`,
    },
    {
      id: "rudder-go",
      name: "RudderStack for Go",
      option: "data plane URL",
      line: (address, key) => `analytics.New("${key}", "${address}")`,
    },
    {
      id: "rudder-java",
      name: "RudderStack for Java",
      option: "data plane URL",
      line: (address) => `setDataPlaneUrl("${address}")`,
    },
    {
      id: "rudder-ruby",
      name: "RudderStack for Ruby",
      option: "data_plane_url",
      line: (address) => `data_plane_url: "${address}"`,
      note: "The SDK drops the path of data_plane_url, so the environment needs a custom domain.",
      needsDomain: true,
    },
  ]),
  ...of("Jitsu", "always", [
    {
      id: "jitsu-js",
      name: "@jitsu/js",
      option: "host",
      line: (address) => `host: "${address}"`,
      note: "On a server, the SDK accepts only keys with a colon: add “:any” to the key.",
    },
  ]),
  ...of("PostHog", "always", [
    { id: "posthog-python", name: "posthog (Python)", option: "host", line: (address) => `host="${address}"` },
    { id: "posthog-node", name: "posthog-node", option: "host", line: (address) => `host: "${address}"` },
    {
      id: "posthog-js",
      name: "posthog-js (browsers)",
      option: "api_host",
      line: (address) => `api_host: "${address}", disable_session_recording: true`,
      note: "Install the SDK as a package or load its script from another address. Recordings and scripts are not served.",
    },
    {
      id: "posthog-react-native",
      name: "posthog-react-native, posthog-js-lite",
      option: "host",
      line: (address) => `host: "${address}"`,
    },
    {
      id: "posthog-mobile",
      name: "PostHog for iOS and Android",
      option: "host",
      line: (address) => `host: "${address}/"`,
    },
    {
      id: "posthog-go",
      name: "PostHog for Go",
      option: "Endpoint",
      line: (address) => `posthog.Config{Endpoint: "${address}"}`,
    },
    {
      id: "posthog-ruby",
      name: "PostHog for Ruby",
      option: "host",
      line: (address) => `host: "${address}"`,
      note: "The SDK drops the path of host, so the environment needs a custom domain.",
      needsDomain: true,
    },
    {
      id: "posthog-php",
      name: "PostHog for PHP",
      option: "host",
      line: (address) => `"host" => "${withoutScheme(address)}"`,
    },
    { id: "posthog-java", name: "PostHog for Java", option: "host", line: (address) => `.host("${address}")` },
    {
      id: "posthog-dotnet",
      name: "PostHog for .NET",
      option: "HostUrl",
      line: (address) => `HostUrl = new Uri("${address}/")`,
      note: "The slash at the end is needed.",
    },
  ]),
  ...of("Snowplow", "always", [
    {
      id: "snowplow-browser",
      name: "@snowplow/browser-tracker",
      option: "collector endpoint",
      line: (address, key) => `newTracker("sp", "${address}", { appId: "${key}" })`,
    },
    {
      id: "snowplow-node",
      name: "@snowplow/node-tracker",
      option: "endpoint",
      line: (address, key) => `newTracker({ namespace: "sp", appId: "${key}" }, { endpoint: "${address}" })`,
    },
    {
      id: "snowplow-python",
      name: "snowplow-tracker (Python)",
      option: "endpoint",
      line: (address, key) => `Snowplow.create_tracker(namespace="sp", app_id="${key}", endpoint="${address}")`,
    },
    {
      id: "snowplow-ruby",
      name: "snowplow-tracker (Ruby)",
      option: "endpoint",
      line: (address) =>
        `SnowplowTracker::AsyncEmitter.new(endpoint: "${withoutScheme(address)}", ` +
        `options: {protocol: "${schemeOf(address)}", method: "post"})`,
      note:
        "The app ID of the tracker counts as the write key. Without protocol the tracker sends over HTTP. Before " +
        "version 0.7, the endpoint and the options are the first and the second argument, without names.",
    },
    {
      id: "snowplow-react-native",
      name: "@snowplow/react-native-tracker",
      option: "endpoint",
      line: (address, key) => `newTracker({ namespace: "sp", appId: "${key}", endpoint: "${address}" })`,
    },
    {
      id: "snowplow-mobile",
      name: "Snowplow for Android and iOS",
      option: "endpoint",
      line: (address) => `NetworkConfiguration("${address}")`,
      note: "The app ID of the tracker counts as the write key.",
    },
    {
      id: "snowplow-go",
      name: "Snowplow for Go",
      option: "collector URI",
      line: (address) => `RequireCollectorUri("${withoutScheme(address)}"), OptionProtocol("${schemeOf(address)}")`,
      note: "The app ID of the tracker counts as the write key.",
    },
    {
      id: "snowplow-java",
      name: "Snowplow for Java",
      option: "collector URL",
      line: (address) => `new NetworkConfiguration("${address}")`,
      note: "The app ID of the tracker counts as the write key.",
    },
    {
      id: "snowplow-php",
      name: "Snowplow for PHP",
      option: "collector URI",
      line: (address) => `new SyncEmitter("${withoutScheme(address)}", "${schemeOf(address)}", "POST")`,
      note: "The app ID of the tracker counts as the write key.",
    },
  ]),
  ...of("Amplitude", "always", [
    {
      id: "amplitude-python",
      name: "amplitude-analytics (Python)",
      option: "server_url",
      line: (address) => `configuration.server_url = "${address}/2/httpapi"`,
      note: "With use_batch, the address ends in /batch instead of /2/httpapi.",
    },
    {
      id: "amplitude-node",
      name: "@amplitude/analytics-node",
      option: "serverUrl",
      line: (address) => `serverUrl: "${address}/2/httpapi"`,
      note: "With useBatch, the address ends in /batch instead of /2/httpapi.",
    },
    {
      id: "amplitude-browser",
      name: "@amplitude/analytics-browser",
      option: "serverUrl",
      line: (address) => `serverUrl: "${address}/2/httpapi"`,
      note: "With useBatch, the address ends in /batch instead of /2/httpapi.",
    },
    {
      id: "amplitude-js",
      name: "amplitude-js 8",
      option: "apiEndpoint",
      line: (address) => `apiEndpoint: "${withoutScheme(address)}/amplitude", forceHttps: ${String(isSecure(address))}`,
    },
    {
      id: "amplitude-react-native",
      name: "@amplitude/analytics-react-native",
      option: "serverUrl",
      line: (address) => `serverUrl: "${address}/2/httpapi"`,
    },
    {
      id: "amplitude-mobile",
      name: "Amplitude for Swift and Kotlin",
      option: "serverUrl",
      line: (address) => `serverUrl: "${address}/2/httpapi"`,
      note: "For the SDKs before them, for Android and iOS, the address ends in /amplitude.",
    },
    {
      id: "amplitude-go",
      name: "Amplitude for Go",
      option: "ServerURL",
      line: (address) => `config.ServerURL = "${address}/2/httpapi"`,
    },
    {
      id: "amplitude-java",
      name: "Amplitude for Java",
      option: "server URL",
      line: (address) => `setServerUrl("${address}/2/httpapi")`,
    },
  ]),
  ...of("Mixpanel", "always", [
    {
      id: "mixpanel-python",
      name: "mixpanel (Python)",
      option: "events_url and the others of Consumer",
      line: (address) =>
        `Consumer(events_url="${address}/track", people_url="${address}/engage", ` +
        `groups_url="${address}/groups", import_url="${address}/import")`,
    },
    {
      id: "mixpanel-node",
      name: "mixpanel (npm)",
      option: "host and path",
      line: (address) => {
        const path = pathOf(address);
        const { host } = new URL(address);
        const given = path === "" ? `host: "${host}"` : `host: "${host}", path: "${path}"`;
        return isSecure(address) ? given : `${given}, protocol: "http"`;
      },
    },
    {
      id: "mixpanel-browser",
      name: "mixpanel-browser",
      option: "api_host",
      line: (address) => `api_host: "${address}"`,
    },
    {
      id: "mixpanel-react-native",
      name: "mixpanel-react-native",
      option: "server URL",
      line: (address) => `init(false, {}, "${address}")`,
    },
    {
      id: "mixpanel-mobile",
      name: "Mixpanel for Swift and Android",
      option: "server URL",
      line: (address) => `serverURL: "${address}"`,
    },
    {
      id: "mixpanel-go",
      name: "Mixpanel for Go",
      option: "proxy location",
      line: (address) => `mixpanel.ProxyApiLocation("${address}")`,
    },
    {
      id: "mixpanel-java",
      name: "Mixpanel for Java",
      option: "the four URLs of MixpanelAPI",
      line: (address) =>
        `new MixpanelAPI("${address}/track", "${address}/engage", "${address}/groups", "${address}/import")`,
    },
  ]),
  ...of("Google Analytics 4", "always", [
    {
      id: "measurement-protocol",
      name: "Measurement Protocol",
      option: "address instead of https://www.google-analytics.com",
      line: (address) => `${address}/mp/collect`,
    },
  ]),
  ...of("CloudEvents", "if listed", [
    {
      id: "cloudevents",
      name: "CloudEvents 1.0 over HTTP",
      option: "address",
      line: (address) => address,
    },
  ]),
  ...of("Tinybird", "always", [
    {
      id: "tinybird-sdk",
      name: "@tinybirdco/sdk",
      option: "baseUrl",
      line: (address) => `baseUrl: "${address}"`,
      note: "The SDK drops the path of baseUrl, so the environment needs a custom domain.",
      needsDomain: true,
    },
    {
      id: "tinybird-python",
      name: "tinybird-python-sdk",
      option: "api_url",
      line: (address, key) =>
        `Datasource("<data source>", "${key}", api_url="${address}", buffer=Buffer(max_wait_records=1000))`,
    },
    {
      id: "tinybird-events",
      name: "Events API",
      option: "address instead of Tinybird’s",
      line: (address) => `${address}/v0/events?name=<data source>`,
    },
  ]),
  ...of("Log shippers", "if listed", [
    {
      id: "fluent-bit",
      name: "Fluent Bit (http output)",
      option: "host and uri",
      line: (address) => {
        const { hostname, port } = new URL(address);
        const rest = isSecure(address) ? ["port 443", "tls on"] : [`port ${port || "80"}`];
        return [`host ${hostname}`, ...rest, `uri ${pathOf(address)}/ndjson`, "format json_stream"].join("\n");
      },
    },
    {
      id: "vector",
      name: "Vector (http sink)",
      option: "uri",
      line: (address) => `uri = "${address}"\nencoding.codec = "json"`,
      note: "Set the batch to at most 1,000 events.",
    },
    {
      id: "syslog-ng",
      name: "syslog-ng (http destination)",
      option: "url",
      line: (address) => `url("${address}/ndjson")`,
      note: "The body holds one JSON object per line.",
    },
    {
      id: "winston",
      name: "winston (Http transport)",
      option: "host and path",
      line: (address) => {
        const { hostname, port } = new URL(address);
        const own = port === "" ? "" : `, port: ${port}`;
        return `host: "${hostname}"${own}, path: "${pathOf(address) || "/"}", ssl: ${String(isSecure(address))}`;
      },
    },
    {
      id: "pino",
      name: "pino (pino-http-send)",
      option: "url",
      line: (address) => `url: "${address}/ndjson", bodyType: "ndjson"`,
    },
  ]),
  ...of("Amazon Data Firehose", "if listed", [
    {
      id: "firehose",
      name: "HTTP endpoint destination",
      option: "HTTP endpoint URL",
      line: (address) => `${address}/firehose`,
      note: "Set the content encoding to GZIP and the buffer size to 1 to 3 MiB. The access key is a write key.",
    },
  ]),
  ...of("Cloudflare Logpush", "if listed", [
    {
      id: "logpush",
      name: "HTTP destination",
      option: "destination_conf",
      line: (address) => `"destination_conf": "${address}/logpush"`,
      note: "Set max_upload_records to 1000 and max_upload_bytes to 5000000. If the environment lists write keys, add ?header_Authorization=Bearer%20 and one of them to the address.",
    },
  ]),
  ...of("Webhooks", "never", SCHEME_IDS.map(hook)),
];

/** The senders whose protocol a page of the docs describes, such as the page of a template. */
export function sendersOn(page: string): Sender[] {
  return SENDERS.filter(({ protocol }) => page === `protocols/${PAGES[protocol]}.md`);
}

/** What to look at where nothing arrives of a sender, or of code. */
export function hintFor(sender: Sender | undefined, writeKeys: readonly string[]): string | undefined {
  const answers = [];
  const isSigned = sender?.scheme !== undefined && sender.scheme !== "none";
  if (isSigned) answers.push("401 means that it signs with another secret");
  else if (writeKeys.length > 0) answers.push("401 means that it carries none of the write keys");
  if (sender?.scheme !== undefined) answers.push("404 means that its address is a wrong one");
  return answers.length === 0
    ? undefined
    : `If nothing arrives, look at the answers that the sender got: ${answers.join(", ")}.`;
}
