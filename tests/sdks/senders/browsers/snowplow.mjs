import { flushBuffer, newTracker, trackPageView, trackSelfDescribingEvent, trackStructEvent } from '@snowplow/browser-tracker';

const track = {
  page_view: (call) => trackPageView({ title: call.page_title }),
  struct: (call) =>
    trackStructEvent({ category: call.se_category, action: call.se_action, label: call.se_label, value: call.se_value }),
  self_describing: ({ schema, data }) => trackSelfDescribingEvent({ event: { schema, data } }),
};

window.send = async ({ address, key, calls }) => {
  newTracker('sp', address, { appId: key });
  for (const call of calls) track[call.call](call);
  setInterval(() => flushBuffer(), 1000); // the tracker sends again what is left when it sends anything
};
