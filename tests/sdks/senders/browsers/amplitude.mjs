import { Identify, identify, init, track } from '@amplitude/analytics-browser';

window.send = async ({ address, key, calls }) => {
  const options = { serverUrl: `${address}/2/httpapi`, autocapture: false, fetchRemoteConfig: false };
  await init(key, 'user-1', options).promise;
  for (const call of calls) {
    if (call.call === 'track') track(call.event_type, call.event_properties);
    else {
      const set = new Identify();
      for (const [name, value] of Object.entries(call.user_properties)) set.set(name, value);
      identify(set);
    }
  }
};
