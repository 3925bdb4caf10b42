import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { failed, order } from './common.mjs';

const program = createRequire(import.meta.url).resolve('pino-http-send/package.json').replace('package.json', 'dist/bin.js');
const child = spawn(process.execPath, [program, `--url=${order.address}/ndjson`, '--bodyType=ndjson', '--interval=100'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
child.stdout.on('data', (text) => /fail|error/i.test(text) && !/retry/i.test(text) && failed(text));
for (const call of order.calls) child.stdin.write(`${JSON.stringify(call)}\n`);
child.stdin.end();
await new Promise((resolve) => child.on('close', (code) => resolve(code && failed(`exit status ${code}`))));
