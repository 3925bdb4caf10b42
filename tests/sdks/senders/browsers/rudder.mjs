import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';

const given = {
  identify: (call) => [call.user_id, call.traits],
  track: (call) => [call.event, call.properties],
  page: (call) => [call.category, call.name, call.properties],
  group: (call) => [call.group_id, call.traits],
  alias: (call) => [call.user_id, call.previous_id],
};

window.send = async ({ address, key, calls }) => {
  const analytics = new RudderAnalytics();
  analytics.load(key, address, { configUrl: address });
  for (const call of calls) analytics[call.call](...given[call.call](call));
};
