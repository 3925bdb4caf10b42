import PostHog from 'posthog-js-lite';

window.send = async ({ address, key, calls }) => {
  const posthog = new PostHog(key, { host: address, flushInterval: 200 });
  for (const call of calls) {
    if (call.call === 'capture') posthog.capture(call.event, call.properties);
    else if (call.call === 'set') posthog.identify('user-1', { $set: call.properties });
    else posthog.group(call.group_type, call.group_key, call.properties);
  }
};
