import posthog from 'posthog-js';

window.send = async ({ address, key, calls }) => {
  posthog.init(key, {
    api_host: address,
    disable_session_recording: true,
    autocapture: false,
    capture_pageview: false,
    opt_out_useragent_filter: true, // a headless browser looks like a bot
  });
  for (const call of calls) {
    if (call.call === 'capture') posthog.capture(call.event, call.properties);
    else if (call.call === 'set') posthog.setPersonProperties(call.properties);
    else posthog.group(call.group_type, call.group_key, call.properties);
  }
};
