import Mixpanel from 'mixpanel';
import { failed, order } from './common.mjs';

const { host, pathname } = new URL(order.address);
const client = Mixpanel.init(order.key, { host, path: pathname, protocol: 'http' });
const done = (send) => new Promise((resolve) => send((error) => resolve(error && failed(error))));
for (const call of order.calls) {
  if (call.call === 'track') {
    await done((then) => client.track(call.event_name, { distinct_id: call.distinct_id, ...call.properties }, then));
  } else if (call.call === 'people_set') {
    await done((then) => client.people.set(call.distinct_id, call.properties, then));
  } else {
    await done((then) => client.groups.set(call.group_key, call.group_id, call.properties, then));
  }
}
