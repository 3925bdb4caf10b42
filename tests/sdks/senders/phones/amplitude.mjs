import { Identify, identify, init, track } from '@amplitude/analytics-react-native';
import { failed, order } from '../common.mjs';

const options = { serverUrl: order.address + process.env.ROUTE, flushIntervalMillis: 200, trackingSessionEvents: false };
await init(order.key, 'user-1', options).promise;
const sent = order.calls.map(({ call, user_id: _, ...event }) => {
  if (call === 'track') return track(event).promise;
  const set = new Identify();
  for (const [name, value] of Object.entries(event.user_properties)) set.set(name, value);
  return identify(set).promise;
});
for (const { code, message } of await Promise.all(sent)) if (code !== 200) failed(message);
process.exit();
