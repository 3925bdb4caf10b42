/** What sends rows, lines and signed webhooks: no SDK of analytics. */

import { isSecure, of, pathOf, type Made, type Sender } from "@/pages/environments/install/sender";
import { SCHEME_IDS, SCHEMES, type HookScheme } from "@/pages/environments/keys/hook_schemes";

const hook = (scheme: HookScheme): Made => ({
  id: `webhook-${SCHEMES[scheme].name}`,
  name: SCHEMES[scheme].sender,
  option: "address to post to",
  line: (address) => address,
  scheme,
});

export const PIPELINE_SENDERS: Sender[] = [
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
