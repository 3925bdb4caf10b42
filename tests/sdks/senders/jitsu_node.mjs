import { jitsuAnalytics } from '@jitsu/js';
import { failed, inCamelCase, order } from './common.mjs';

const jitsu = jitsuAnalytics({ host: order.address, writeKey: order.key, s2s: true });
const parts = {
  identify: ({ userId, traits }) => [userId, traits],
  track: ({ event, properties }) => [event, properties],
  page: ({ properties }) => [properties],
  group: ({ groupId, traits }) => [groupId, traits],
};
for (const call of order.calls) await jitsu[call.call](...parts[call.call](inCamelCase(call))).catch(failed);
