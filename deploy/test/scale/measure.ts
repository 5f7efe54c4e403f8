import { Agent, request } from 'node:http';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, startFastUpstream, startGateway } from '#libs/testing';

/** What processes of one kind used of a core while clients called so often. */
export interface MeasuredPoint {
  readonly replicas: number;
  /** Calls a second, over all replicas. */
  readonly perSecond: number;
  /** Microseconds of a core each second, by service, over its replicas, and of `nats` and `redis`. */
  readonly cpuUsPerSecond: Readonly<Record<string, number>>;
  /** How often each second a process of it had slept and went on. */
  readonly wakeUpsPerSecond: Readonly<Record<string, number>>;
}

export interface MeasureOptions {
  readonly replicas: readonly number[];
  readonly rates: readonly number[];
  readonly forMs: number;
  readonly warmUpMs: number;
  readonly times: number;
  readonly tell: (point: MeasuredPoint) => void;
}

const US_PER_TICK = 10_000;
const WARM_UP_PER_SECOND = 200;
const MODERN = '2026-07-28';

/** User and system time of one process, in microseconds. */
const cpuUsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
};

/** How often its main thread gave the processor up because there was nothing to do. */
const wakeUpsOf = (pid: number): number =>
  Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

type Usage = Readonly<Record<string, number>>;

const usageOf = ({ processes, nats, redis }: Gateway, of: (pid: number) => number): Usage => {
  const usage: Record<string, number> = {};
  for (const { service, server } of processes) usage[service] = (usage[service] ?? 0) + of(server.pid);
  if (nats !== undefined) usage['nats'] = of(nats.pid);
  if (redis !== undefined) usage['redis'] = of(redis.pid);
  return usage;
};

const perSecondOf = (before: Usage, after: Usage, seconds: number): Usage =>
  Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, Math.round((value - (before[name] ?? 0)) / seconds)]),
  );

/** Measures each number of replicas at each rate, again and again. */
export const measureScale = async (options: MeasureOptions): Promise<void> => {
  const upstream = await startFastUpstream();
  try {
    for (const replicas of options.replicas) await measureWith(replicas, upstream.url, options);
  } finally {
    await upstream.stop();
  }
};

const measureWith = async (
  replicas: number,
  upstreamUrl: string,
  { rates, forMs, warmUpMs, times, tell }: MeasureOptions,
): Promise<void> => {
  const gateway = await startGateway({ mode: 'distributed', replicas, env: { REQUIRE_USER_IN_DB: 'false' } });
  try {
    await gateway.admin.register({ name: 'fast', url: upstreamUrl });
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, at) => gateway.tokenFor({ email: `user-${at}@example.com` })),
    );
    const load = new SteadyLoad(gateway.ingressUrls, tokens);
    await load.run(WARM_UP_PER_SECOND, warmUpMs);
    for (let turn = 0; turn < times; turn++)
      for (const perSecond of rates) {
        await sleep(500);
        const [cpu, wakeUps] = [usageOf(gateway, cpuUsOf), usageOf(gateway, wakeUpsOf)];
        const startedAt = performance.now();
        const calls = await load.run(perSecond, forMs);
        const seconds = (performance.now() - startedAt) / 1_000;
        tell({
          replicas,
          perSecond: Math.round(calls / seconds),
          cpuUsPerSecond: perSecondOf(cpu, usageOf(gateway, cpuUsOf), seconds),
          wakeUpsPerSecond: perSecondOf(wakeUps, usageOf(gateway, wakeUpsOf), seconds),
        });
      }
    load.close();
  } finally {
    await gateway.stop();
  }
};

/** Calls at an even rate, whatever becomes of those before, to the replicas in turn. */
class SteadyLoad {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private turn = 0;

  constructor(
    private readonly urls: readonly string[],
    private readonly tokens: readonly string[],
  ) {}

  /** Resolves with how many were answered well. Rejects where hardly any was. */
  async run(perSecond: number, forMs: number): Promise<number> {
    const underWay = new Set<Promise<void>>();
    let failure: unknown;
    let [begun, ended, failed] = [0, 0, 0];
    const startedAt = performance.now();
    for (let now = startedAt; now - startedAt < forMs; now = performance.now()) {
      for (; begun < ((now - startedAt) / 1_000) * perSecond && underWay.size < 1_000; begun++) {
        const call = this.call().then(
          () => void ended++,
          (error: unknown) => {
            failed++;
            failure ??= error;
          },
        );
        underWay.add(call);
        void call.then(() => underWay.delete(call));
      }
      await sleep(2);
    }
    await Promise.all(underWay);
    // What has just started may have had to say no.
    if (failed > ended) throw failure;
    return ended;
  }

  close(): void {
    this.agent.destroy();
  }

  private call(): Promise<void> {
    const turn = this.turn++;
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: turn,
      method: 'tools/call',
      params: {
        name: 'fast-echo',
        arguments: { text: 'steady' },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientInfo': { name: 'scale', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    });
    return new Promise((resolve, reject) => {
      const sent = request(`${this.urls[turn % this.urls.length]}/mcp`, {
        agent: this.agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.tokens[turn % this.tokens.length]}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': MODERN,
          'mcp-method': 'tools/call',
          'mcp-name': 'fast-echo',
        },
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.once('end', () =>
          text.includes('"result"') ? resolve() : reject(new Error(`${response.statusCode} ${text.slice(0, 300)}`)),
        );
      });
      sent.end(body);
    });
  }
}
