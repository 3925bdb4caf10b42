import { PostHog } from 'posthog-react-native';
import { failed, inCamelCase, order } from '../common.mjs';

const client = new PostHog(order.key, { host: order.address, persistence: 'memory', captureAppLifecycleEvents: false });
client.on('error', failed);
await client.ready();
client.identify('user-1');
for (const call of order.calls) {
  const { event, groupType, groupKey, properties } = inCamelCase(call);
  if (call.call === 'capture') client.capture(event, properties);
  else if (call.call === 'set') client.setPersonProperties(properties);
  else client.group(groupType, groupKey, properties);
}
await client.shutdown(30_000);
process.exit();
