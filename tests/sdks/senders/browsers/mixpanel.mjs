import mixpanel from 'mixpanel-browser';

window.send = async ({ address, key, calls }) => {
  mixpanel.init(key, { api_host: address, batch_flush_interval_ms: 1000 }); // else it repeats after 10 s
  mixpanel.identify('user-1');
  for (const call of calls) {
    if (call.call === 'track') mixpanel.track(call.event_name, call.properties);
    else if (call.call === 'people_set') mixpanel.people.set(call.properties);
    else mixpanel.get_group(call.group_key, call.group_id).set(call.properties);
  }
};
