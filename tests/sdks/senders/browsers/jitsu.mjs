import { jitsuAnalytics } from '@jitsu/js';

const given = {
  identify: (call) => [call.user_id, call.traits],
  track: (call) => [call.event, call.properties],
  page: (call) => [call.properties],
  group: (call) => [call.group_id, call.traits],
};

window.send = async ({ address, key, calls }) => {
  const jitsu = jitsuAnalytics({ host: address, writeKey: key });
  for (const call of calls) await jitsu[call.call](...given[call.call](call));
};
