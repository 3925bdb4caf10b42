/** SDKs of analytics: of people on pages, in apps and on servers. */

import { isSecure, of, pathOf, schemeOf, withoutScheme, type Sender } from "@/pages/environments/install/sender";

export const ANALYTICS_SENDERS: Sender[] = [
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
];
