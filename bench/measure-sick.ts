import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NameServer, startGateway, startNameServer } from '#libs/testing';
import type { Mode } from './choices.js';
import type { LoadGenerator, LoadSettings } from './measure.js';
import { META, modernMirrors, plainHeaders } from './load/message.js';
import type { Scenario } from './scenario.js';

/** What is wrong with the sick upstream: how it answers calls, or that nobody tells its address any more. */
export const SICKNESSES = ['its name server is silent', 'resets', 'floods'] as const;
export type Sickness = (typeof SICKNESSES)[number];

/** What callers of a healthy upstream notice of a sick one. */
export interface SickMeasurement {
  readonly aloneP50Ms: number;
  readonly aloneP99Ms: number;
  readonly besideP50Ms: number;
  readonly besideP99Ms: number;
  /** Calls of the sick one; none of them is answered. */
  readonly sickCalls: number;
  /** Of the healthy one. */
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

const CONNECTIONS = 8;
const SICK_CALLERS = 8;
/** Between two calls of one caller of the sick upstream. */
const PAUSE_MS = 50;
/** So that names that were known are known no more. */
const TTL_SECONDS = 1;
const AHEAD_MS = 2_500;
/** So that it floods for as long as it is measured. */
const NEVER_LEFT_ALONE = { MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '1000' };
const HEALTHY: Scenario = { name: 'healthy', work: 'echo', era: 'modern', sprayed: false };

/** By sickness, one measurement a round: a gateway of its own, which reaches all upstreams by name. */
export const measureSick = async (
  mode: Mode,
  upstreamUrl: string,
  generator: LoadGenerator,
  settings: LoadSettings,
  rounds: number,
): Promise<ReadonlyMap<Sickness, readonly SickMeasurement[]>> => {
  const found = new Map<Sickness, readonly SickMeasurement[]>();
  for (const sickness of SICKNESSES)
    found.set(sickness, await measureOne(sickness, mode, upstreamUrl, generator, settings, rounds));
  return found;
};

const measureOne = async (
  sickness: Sickness,
  mode: Mode,
  upstreamUrl: string,
  generator: LoadGenerator,
  { callsMax, durationMs }: LoadSettings,
  rounds: number,
): Promise<SickMeasurement[]> => {
  const names = await startNameServer({}, { ttlSeconds: TTL_SECONDS });
  const closers: (() => Promise<void>)[] = [() => names.stop()];
  try {
    const env = { UPSTREAM_NAME_SERVERS: names.address, TOOL_TIMEOUT: '5' };
    const gateway = await startGateway({ mode, env: sickness === 'floods' ? { ...env, ...NEVER_LEFT_ALONE } : env });
    closers.push(() => gateway.stop());
    const endpointOf = async (name: string, port: number): Promise<string> => {
      names.names.set(`${name}.test`, ['127.0.0.1']);
      const url = `http://${name}.test:${port}${new URL(upstreamUrl).pathname}`;
      const registered = await gateway.admin.register({ name, url, ...(name === 'healthy' && { toolPrefix: '' }) });
      const server = await gateway.admin.createServer(name, [registered]);
      return `${gateway.url}/servers/${server.id}/mcp`;
    };
    const healthy = await endpointOf('healthy', Number(new URL(upstreamUrl).port));
    const job = { scenario: HEALTHY, urls: [healthy], token: gateway.adminToken, connections: CONNECTIONS, callsMax };
    await generator.run({ kind: 'load', job: { ...job, durationMs: AHEAD_MS } });

    const sick = await startSickUpstream(upstreamUrl, sickness);
    closers.push(sick.stop);
    const url = await endpointOf('sick', sick.port);
    const measured: SickMeasurement[] = [];
    for (let round = 0; round < rounds; round++) {
      const alone = await generator.run({ kind: 'load', job: { ...job, durationMs } });
      const callers = new SickCallers(url, gateway.adminToken, names, sickness);
      await sleep(AHEAD_MS);
      const beside = await generator.run({ kind: 'load', job: { ...job, durationMs } });
      measured.push({
        aloneP50Ms: alone.p50Ms,
        aloneP99Ms: alone.p99Ms,
        besideP50Ms: beside.p50Ms,
        besideP99Ms: beside.p99Ms,
        sickCalls: await callers.stop(),
        errors: alone.errors + beside.errors + alone.refused + beside.refused,
        errorSamples: [...alone.errorSamples, ...beside.errorSamples],
      });
    }
    return measured;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
};

/** The upstream's lists are those of the healthy one; its calls go as the sickness has them. */
const startSickUpstream = async (upstreamUrl: string, sickness: Sickness) => {
  const server = createServer((request, response) => void answer(request, response, upstreamUrl, sickness));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, stop };
};

function* endless(): Generator<string> {
  for (;;) yield NOTIFICATION;
}

const NOTIFICATION = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(4_000) } })}\n\n`;

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  upstreamUrl: string,
  sickness: Sickness,
): Promise<void> => {
  const body = await text(request);
  if (body.includes('"tools/call"')) {
    if (sickness !== 'floods') return void request.socket.resetAndDestroy();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Until the gateway has enough of it.
    return pipeline(Readable.from(endless()), response).catch(() => {});
  }
  // It tells of no changes.
  if (request.method !== 'POST' || body.includes('"subscriptions/listen"')) return void response.writeHead(405).end();
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  const relayed = await fetch(upstreamUrl, { method: 'POST', headers: headers as Record<string, string>, body });
  response.writeHead(relayed.status, { 'content-type': relayed.headers.get('content-type') ?? '' });
  response.end(await relayed.text());
};

/** They call the sick upstream one call after the other, whatever becomes of it, from when it falls sick. */
class SickCallers {
  private calls = 0;
  private stopping = false;
  private readonly running: Promise<void>[];

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly names: NameServer,
    sickness: Sickness,
  ) {
    if (sickness === 'its name server is silent') names.names.set('sick.test', 'silent');
    this.running = Array.from({ length: SICK_CALLERS }, () => this.run());
  }

  /** How often the sick one was called; it is well again. */
  async stop(): Promise<number> {
    this.stopping = true;
    await Promise.all(this.running);
    this.names.names.set('sick.test', ['127.0.0.1']);
    return this.calls;
  }

  private async run(): Promise<void> {
    const name = 'sick-echo';
    const headers = { ...plainHeaders(this.token), ...modernMirrors('tools/call', name) };
    const params = { name, arguments: { text: 'x' }, _meta: META };
    while (!this.stopping) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.calls, method: 'tools/call', params });
      const response = await fetch(this.url, { method: 'POST', headers, body });
      await response.text();
      await sleep(PAUSE_MS);
    }
  }
}
