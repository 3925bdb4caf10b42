import { Analytics } from '@segment/analytics-node';
import { failed, inCamelCase, order } from './common.mjs';

const address = new URL(order.address);
const analytics = new Analytics({ writeKey: order.key, host: address.origin, path: `${address.pathname}/v1/batch` });
analytics.on('error', failed);
for (const call of order.calls) analytics[call.call](inCamelCase(call));
await analytics.closeAndFlush({ timeout: 30_000 });
