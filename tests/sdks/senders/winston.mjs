import winston from 'winston';
import { failed, order } from './common.mjs';

const { hostname, port, pathname } = new URL(order.address);
const transport = new winston.transports.Http({ host: hostname, port, path: pathname, batch: true, batchCount: order.calls.length });
transport.on('warn', failed);
const logger = winston.createLogger({ transports: [transport] });
const logged = new Promise((resolve) => transport.on('logged', resolve));
for (const call of order.calls) logger.log(call);
await logged;
