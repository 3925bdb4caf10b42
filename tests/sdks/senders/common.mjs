// What every sender in Node shares: the calls come as JSON on standard input, what the SDK reports goes out as JSON.
import { readFileSync } from 'node:fs';

/** The order: `address`, `key` and `calls` as `tests/sdks/cases.py` makes them. */
export const order = JSON.parse(readFileSync(0, 'utf8'));

const failures = [];

/** Note a failure that the SDK reports. */
export function failed(error) {
  failures.push(String(error?.message ?? error));
}

process.on('unhandledRejection', failed);
process.on('uncaughtException', failed);
process.on('exit', () => console.log(JSON.stringify({ failures })));

/** Return a call with its names in the camel case of Segment's SDKs for Node. */
export function inCamelCase({ call, ...fields }) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]),
  );
}
