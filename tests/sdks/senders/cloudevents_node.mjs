import { CloudEvent, HTTP, Mode, emitterFor, httpTransport } from 'cloudevents';
import { failed, order } from './common.mjs';

const modes = { structured: Mode.STRUCTURED, binary: Mode.BINARY };
for (const { call, attributes, data } of order.calls) {
  const emit = emitterFor(httpTransport(order.address), { binding: HTTP, mode: modes[call] });
  await emit(new CloudEvent({ ...attributes, data })).catch(failed);
}
