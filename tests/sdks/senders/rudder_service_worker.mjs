import { Analytics } from '@rudderstack/analytics-js-service-worker';
import { failed, inCamelCase, order } from './common.mjs';

const analytics = new Analytics(order.key, order.address);
for (const call of order.calls) analytics[call.call](inCamelCase(call), (error) => error && failed(error));
await new Promise((resolve) => analytics.flush((error) => resolve(error && failed(error))));
