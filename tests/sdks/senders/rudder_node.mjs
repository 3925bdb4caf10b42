import Analytics from '@rudderstack/rudder-sdk-node';
import { failed, inCamelCase, order } from './common.mjs';

const analytics = new Analytics(order.key, { dataPlaneUrl: order.address, errorHandler: failed });
const sent = order.calls.map(
  (call) => new Promise((resolve) => analytics[call.call](inCamelCase(call), (error) => resolve(error && failed(error)))),
);
await analytics.flush();
await Promise.all(sent);
