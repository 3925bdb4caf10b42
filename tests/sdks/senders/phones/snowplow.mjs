import { newTracker } from '@snowplow/react-native-tracker';
import { failed, order } from '../common.mjs';
import { delivered } from './phone.mjs';

const tracker = await newTracker({
  namespace: 'sp',
  appId: order.key,
  endpoint: order.address,
  eventMethod: process.env.METHOD,
  bufferSize: order.calls.length,
  encodeBase64: false,
});
const tracked = {
  page_view: (call) => tracker.trackPageViewEvent({ pageUrl: call.page_url, pageTitle: call.page_title }),
  struct: (call) =>
    tracker.trackStructuredEvent({
      category: call.se_category,
      action: call.se_action,
      label: call.se_label,
      value: call.se_value,
    }),
  self_describing: ({ schema, data }) => tracker.trackSelfDescribingEvent({ schema, data }),
};
for (const call of order.calls) tracked[call.call](call);
// What was refused is sent again with the next event, or when this is asked for.
setInterval(tracker.flush, 500);
await delivered(order.calls, failed);
