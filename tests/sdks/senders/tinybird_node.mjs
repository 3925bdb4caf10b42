import { TinybirdApi } from '@tinybirdco/sdk';
import { failed, order } from './common.mjs';

const api = new TinybirdApi({ baseUrl: order.address, token: order.key });
for (const row of order.calls) await api.ingest('orders', row, { maxRetries: 3 }).catch(failed);
