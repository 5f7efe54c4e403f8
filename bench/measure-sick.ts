import { setTimeout as sleep } from 'node:timers/promises';
import { type Conducted, type NameServer, startGateway, startNameServer, startSickUpstreams } from '#libs/testing';
import type { Mode } from './choices.js';
import type { LoadGenerator, LoadSettings } from './measure.js';
import { META, modernMirrors, plainHeaders } from './load/message.js';
import type { Scenario } from './scenario.js';

/** What is wrong with the sick upstream: how it answers calls, or what becomes of its name. The first is what as many calls of a healthy one take. */
export const SICKNESSES = [
  'is well',
  'hangs',
  'resets',
  'drips a byte a second',
  'answers 503',
  'answers 429',
  'floods',
  'has a silent name server',
  'has no name',
] as const satisfies readonly (Conducted | 'has a silent name server' | 'has no name')[];
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
/** Between two calls of one caller, of the healthy upstream and of the sick one: so that what is measured is not how calls share a processor. */
const PAUSE_MS = 50;
/** So that names that were known are known no more. */
const TTL_SECONDS = 1;
const AHEAD_MS = 2_500;
/** So that it floods for as long as it is measured. */
const NEVER_LEFT_ALONE = { MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '1000' };
const HEALTHY: Scenario = { name: 'healthy', work: 'echo', era: 'modern', sprayed: false };

/** By sickness, one measurement a round, one after the other in each; the upstreams are reached by name. */
export const measureSick = async (
  mode: Mode,
  upstreamUrl: string,
  generator: LoadGenerator,
  settings: LoadSettings,
  rounds: number,
): Promise<ReadonlyMap<Sickness, readonly SickMeasurement[]>> => {
  const found = new Map<Sickness, SickMeasurement[]>(SICKNESSES.map((sickness) => [sickness, []]));
  const floods = SICKNESSES.filter((sickness) => sickness === 'floods');
  const others = SICKNESSES.filter((sickness) => sickness !== 'floods');
  for (const [group, env] of [
    [others, {}],
    [floods, NEVER_LEFT_ALONE],
  ] as const) {
    const measured = measureGroup(group, env, { mode, upstreamUrl, generator, settings }, rounds);
    for await (const [sickness, measurement] of measured) found.get(sickness)?.push(measurement);
  }
  return found;
};

interface Ground {
  readonly mode: Mode;
  readonly upstreamUrl: string;
  readonly generator: LoadGenerator;
  readonly settings: LoadSettings;
}

/** Beside one gateway. */
async function* measureGroup(
  sicknesses: readonly Sickness[],
  more: Readonly<Record<string, string>>,
  { mode, upstreamUrl, generator, settings: { callsMax, durationMs } }: Ground,
  rounds: number,
): AsyncGenerator<[Sickness, SickMeasurement]> {
  const names = await startNameServer({}, { ttlSeconds: TTL_SECONDS });
  const closers: (() => Promise<void>)[] = [() => names.stop()];
  try {
    const env = { UPSTREAM_NAME_SERVERS: names.address, TOOL_TIMEOUT: '5', ...more };
    const gateway = await startGateway({ mode, env });
    closers.push(() => gateway.stop());
    const upstreams = await startSickUpstreams();
    closers.push(upstreams.stop);
    const endpointOf = async (name: string, url: string): Promise<string> => {
      names.names.set(`${name}.test`, ['127.0.0.1']);
      const { port, pathname } = new URL(url);
      const at = `http://${name}.test:${port}${pathname}`;
      const registered = await gateway.admin.register({ name, url: at, ...(name === 'healthy' && { toolPrefix: '' }) });
      const server = await gateway.admin.createServer(name, [registered]);
      return `${gateway.url}/servers/${server.id}/mcp`;
    };
    const sick = new Map<Sickness, SickUpstream>();
    for (const [index, sickness] of sicknesses.entries()) {
      const name = `sick-${index}`;
      const conduct = sickness === 'has a silent name server' || sickness === 'has no name' ? 'is well' : sickness;
      const endpoint = await endpointOf(name, upstreams.urls[conduct]);
      sick.set(sickness, { endpoint, tool: `${name}-echo`, host: `${name}.test`, sickness });
    }
    const urls = [await endpointOf('healthy', upstreamUrl)];
    const token = gateway.adminToken;
    const job = { scenario: HEALTHY, urls, token, connections: CONNECTIONS, callsMax, durationMs, pauseMs: PAUSE_MS };
    const measure = () => generator.run({ kind: 'load', job });
    await generator.run({ kind: 'load', job: { ...job, durationMs: AHEAD_MS, pauseMs: 1 } });
    for (let round = 0; round < rounds; round++) {
      for (const [sickness, upstream] of sick) {
        const alone = await measure();
        const callers = new SickCallers(upstream, token, names);
        await sleep(AHEAD_MS);
        const beside = await measure();
        const sickCalls = await callers.stop();
        const measurement = {
          aloneP50Ms: alone.p50Ms,
          aloneP99Ms: alone.p99Ms,
          besideP50Ms: beside.p50Ms,
          besideP99Ms: beside.p99Ms,
          sickCalls,
          errors: alone.errors + beside.errors + alone.refused + beside.refused,
          errorSamples: [...alone.errorSamples, ...beside.errorSamples],
        };
        yield [sickness, measurement];
      }
    }
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

interface SickUpstream {
  readonly endpoint: string;
  readonly tool: string;
  readonly host: string;
  readonly sickness: Sickness;
}

/** They call the sick upstream one call after the other, whatever becomes of it, from when it falls sick. */
class SickCallers {
  private calls = 0;
  private stopping = false;
  private readonly running: Promise<void>[];

  constructor(
    private readonly upstream: SickUpstream,
    private readonly token: string,
    private readonly names: NameServer,
  ) {
    if (upstream.sickness === 'has a silent name server') names.names.set(upstream.host, 'silent');
    if (upstream.sickness === 'has no name') names.names.delete(upstream.host);
    this.running = Array.from({ length: SICK_CALLERS }, () => this.run());
  }

  /** How often the sick one was called; it is well again. */
  async stop(): Promise<number> {
    this.stopping = true;
    await Promise.all(this.running);
    this.names.names.set(this.upstream.host, ['127.0.0.1']);
    return this.calls;
  }

  private async run(): Promise<void> {
    const name = this.upstream.tool;
    const headers = { ...plainHeaders(this.token), ...modernMirrors('tools/call', name) };
    const params = { name, arguments: { text: 'x' }, _meta: META };
    while (!this.stopping) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.calls, method: 'tools/call', params });
      const response = await fetch(this.upstream.endpoint, { method: 'POST', headers, body });
      await response.text();
      await sleep(PAUSE_MS);
    }
  }
}
