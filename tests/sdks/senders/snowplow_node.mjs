import { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker';
import { failed, order } from './common.mjs';

const builders = {
  page_view: (call) => buildPageView({ pageUrl: call.page_url, pageTitle: call.page_title }),
  struct: (call) =>
    buildStructEvent({ category: call.se_category, action: call.se_action, label: call.se_label, value: call.se_value }),
  self_describing: ({ schema, data }) => buildSelfDescribingEvent({ event: { schema, data } }),
};
let left = order.calls.length;
let again; // the tracker sends again what is left when it sends anything
await new Promise((resolve) => {
  const tracker = newTracker(
    { namespace: 'sp', appId: order.key },
    {
      endpoint: order.address,
      eventMethod: process.env.METHOD,
      bufferSize: order.calls.length,
      onRequestSuccess: (batch) => (left -= batch.length) > 0 || resolve(),
      onRequestFailure: ({ willRetry, message }) => willRetry || (failed(message), resolve()),
    },
  );
  for (const call of order.calls) tracker.track(builders[call.call](call));
  tracker.flush();
  again = setInterval(() => tracker.flush(), 500);
});
clearInterval(again);
