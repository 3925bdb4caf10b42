import { Mixpanel } from 'mixpanel-react-native';
import { failed, order } from '../common.mjs';
import storage, { delivered } from './phone.mjs';

const client = new Mixpanel(order.key, false, false, storage);
await client.init(false, {}, order.address);
for (const call of order.calls) {
  if (call.call === 'track') {
    await client.identify(call.distinct_id);
    client.track(call.event_name, call.properties);
  } else if (call.call === 'people_set') client.getPeople().set(call.properties);
  else client.getGroup(call.group_key, call.group_id).set(...Object.entries(call.properties)[0]);
}
client.flush();
await delivered(order.calls, failed);
