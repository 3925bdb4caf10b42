import { Identify, identify, init, track } from '@amplitude/analytics-node';
import { failed, order } from './common.mjs';

const route = process.env.ROUTE;
const options = { serverUrl: order.address + route, useBatch: route === '/batch', flushIntervalMillis: 200 };
await init(order.key, options).promise;
// No `flush` is asked for: what it can't send, it drops.
const sent = order.calls.map(({ call, user_id, ...event }) => {
  if (call === 'track') return track({ user_id, ...event }).promise;
  const set = new Identify();
  for (const [name, value] of Object.entries(event.user_properties)) set.set(name, value);
  return identify(set, { user_id }).promise;
});
for (const { code, message } of await Promise.all(sent)) if (code !== 200) failed(message);
