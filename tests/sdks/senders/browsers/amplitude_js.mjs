import amplitude from 'amplitude-js';

window.send = async ({ address, key, calls }) => {
  const client = amplitude.getInstance();
  const { host, pathname } = new URL(address);
  // The test's address is no HTTPS; else `apiEndpoint` alone is set.
  client.init(key, 'user-1', { apiEndpoint: `${host}${pathname}/amplitude`, forceHttps: false });
  for (const call of calls) {
    if (call.call === 'track') client.logEvent(call.event_type, call.event_properties);
    else {
      const set = new amplitude.Identify();
      for (const [name, value] of Object.entries(call.user_properties)) set.set(name, value);
      client.identify(set);
    }
  }
};
