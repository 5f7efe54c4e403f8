// npm run traces: the Jaeger of the Compose file, with its configuration, beside five services that export to it by the
// settings of the profile `monitoring`; a call is then one trace there. JAEGER: its program, else it is built with Go.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { ChildServer, freePort, startGateway, startLedgerUpstream, temporaryFolder } from '#libs/testing';
import { buildJaeger } from './build.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const root = path.resolve(import.meta.dirname, '../../..');
const shipped = (file: string): string => fs.readFileSync(path.join(root, 'docker/monitoring', file), 'utf8');

interface JaegerSpan {
  readonly operationName: string;
  readonly processID: string;
}
interface JaegerTrace {
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

const folder = temporaryFolder('jaeger');
fs.mkdirSync(path.join(folder, 'badger'));
const PORTS = ['4317', '4318', '8888', '13133', '16685', '16686'];
const ports = new Map<string, number>();
for (const port of PORTS) ports.set(port, await freePort());
let config = shipped('jaeger.yaml').replaceAll('/badger', path.join(folder, 'badger'));
config = config.replace('host: 0.0.0.0, port: 8888', `host: 127.0.0.1, port: ${ports.get('8888')}`);
config = config.replaceAll(/0\.0\.0\.0:(\d+)/g, (_all, port: string) => `127.0.0.1:${ports.get(port)}`);
fs.writeFileSync(path.join(folder, 'jaeger.yaml'), config);
const query = `http://127.0.0.1:${ports.get('16686')}`;

const jaeger = new ChildServer({
  command: process.env['JAEGER'] ?? buildJaeger(),
  args: ['--config', path.join(folder, 'jaeger.yaml')],
  probe: async () => {
    if (!(await fetch(`${query}/api/services`)).ok) throw new Error('not ready');
  },
});
await jaeger.start();

const settings = parseEnv(shipped('settings.env')) as Record<string, string>;
const endpoint = settings['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.replace(
  'jaeger:4318',
  `127.0.0.1:${ports.get('4318')}`,
);
const upstream = await startLedgerUpstream();
const gateway = await startGateway({
  mode: 'distributed',
  env: {
    ...settings,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint ?? '',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  },
});
await gateway.admin.register({ name: 'ledger', url: upstream.url, toolPrefix: '' });
const answer = await fetch(`${gateway.url}/rpc`, {
  method: 'POST',
  headers: {
    authorization: `Bearer ${gateway.adminToken}`,
    'content-type': 'application/json',
    // Of a hundred traces one is sampled; this one is, since its client says so.
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'record', arguments: { id: 'one' } },
  }),
});
const said = await answer.text();

let found: JaegerTrace | undefined;
const services = (): string[] =>
  [...new Set(found?.spans.map(({ processID }) => found?.processes[processID]?.serviceName ?? '') ?? [])].toSorted();
for (let tries = 0; tries < 60 && !services().includes('switchyard-tool-invocation'); tries++) {
  await sleep(500);
  const response = await fetch(`${query}/api/traces/${TRACE}`);
  if (response.ok) found = ((await response.json()) as { readonly data: readonly JaegerTrace[] }).data[0];
}
await gateway.stop();
await upstream.stop();
await jaeger.kill();
fs.rmSync(folder, { recursive: true, force: true });

console.log(`${found?.spans.length ?? 0} spans of ${services().join(', ')}`);
for (const { operationName } of found?.spans ?? []) console.log(`  ${operationName}`);
const names = new Set(found?.spans.map(({ operationName }) => operationName));
const isWhole =
  said.includes('"result"') &&
  names.has('tools/call record') &&
  ['switchyard-ingress', 'switchyard-tool-invocation'].every((name) => services().includes(name));
console.log(isWhole ? 'traces: all is well' : `FAILED: the call is not one trace at Jaeger; it was answered ${said}`);
process.exitCode = isWhole ? 0 : 1;
