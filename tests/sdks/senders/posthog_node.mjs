import { PostHog } from 'posthog-node';
import { failed, inCamelCase, order } from './common.mjs';

const client = new PostHog(order.key, { host: order.address });
client.on('error', failed);
for (const call of order.calls) {
  const given = inCamelCase(call);
  if (call.call === 'capture') client.capture(given);
  else if (call.call === 'set') client.identify({ distinctId: given.distinctId, properties: { $set: given.properties } });
  else client.groupIdentify(given);
}
await client.shutdown(30_000);
