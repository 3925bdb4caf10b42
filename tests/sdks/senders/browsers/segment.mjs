import { AnalyticsBrowser } from '@segment/analytics-next';

const given = {
  identify: (call) => [call.user_id, call.traits],
  track: (call) => [call.event, call.properties],
  page: (call) => [call.category, call.name, call.properties],
  screen: (call) => [call.category, call.name, call.properties],
  group: (call) => [call.group_id, call.traits],
  alias: (call) => [call.user_id, call.previous_id],
};

window.send = async ({ address, key, calls }) => {
  const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL: address });
  for (const call of calls) await analytics[call.call](...given[call.call](call));
};
