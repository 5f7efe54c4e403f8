import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AskingUpstream,
  type Gateway,
  type GatewayOptions,
  startAskingUpstream,
  startGateway,
} from '#libs/testing';
import type { TestContext } from 'vitest';
import type { Endpoint } from '../isolation/endpoint-client.js';
import { INSPECTABLE, InspectedProcess } from './inspected-process.js';

/** What a gateway holds at a moment at which nothing is under way. */
interface Holdings {
  readonly heapBytes: number;
  readonly files: number;
  readonly children: readonly string[];
  readonly subscriptions: number;
  readonly sessions: number;
}

const PRINCIPALS = 20;
/** Longer than what `ENV` says that anything is kept. */
const REST_MS = 22_000;
/** What is waited for comes soon on an idle machine, and comes on a busy one. */
const PATIENCE = { timeout: 480_000, interval: 200 };
/** What two readings at rest may differ by, per process: compiled code, the collector's mood, buffers and pools of the database. */
const HEAP_SLACK_BYTES = 1024 * 1024;
const FILES_SLACK = 10;

/** Everything that is kept for a while is kept for seconds. */
const ENV = {
  REQUIRE_USER_IN_DB: 'false',
  // Far apart from the timeout, so that a busy machine keeps their order.
  SESSION_TTL: '20',
  MESSAGE_TTL: '4',
  INPUT_TIMEOUT: '3',
  PARKED_CALL_TTL: '10',
  PARKED_CALLS_PER_PRINCIPAL: '100',
  MCP_SESSION_POOL_IDLE_EVICTION: '2',
  HTTPX_KEEPALIVE_EXPIRY: '2',
  TOOL_CONCURRENT_LIMIT: '1000',
  HTTPX_MAX_CONNECTIONS: '2000',
  ...INSPECTABLE,
};

/** A gateway in front of the asking upstream, which is looked into while nothing happens. */
export class RestingGateway {
  private constructor(
    readonly gateway: Gateway,
    readonly upstream: AskingUpstream,
    private readonly inspected: readonly InspectedProcess[],
    private readonly endpoints: readonly Endpoint[],
  ) {}

  static async start(options: GatewayOptions): Promise<RestingGateway> {
    const upstream = await startAskingUpstream({ era: 'legacy' });
    const gateway = await startGateway({ ...options, env: ENV });
    await gateway.admin.register({ name: 'asking', url: upstream.url });
    const looked = gateway.processes.filter(({ service }) => !['auth', 'registry', 'metrics'].includes(service));
    const inspected = await Promise.all(looked.map(({ server }) => InspectedProcess.of(server)));
    const tokens = Array.from({ length: PRINCIPALS }, (_, n) => gateway.tokenFor({ email: `user-${n}@example.com` }));
    // Straight to the processes: a balancer in between would keep connections of its own.
    const urls = gateway.ingressUrls.map((url) => `${url}/mcp`);
    const endpoints = (await Promise.all(tokens)).flatMap((token) => urls.map((url) => ({ url, token })));
    return new RestingGateway(gateway, upstream, inspected, endpoints);
  }

  /** Where the client with this number goes; every principal has many of them, on each replica. */
  endpoint(index: number): Endpoint {
    return this.endpoints[index % this.endpoints.length] as Endpoint;
  }

  /** Runs the load twice after a warm-up; the second time must leave no more behind than the first. */
  async leavesNothing(
    { expect, onTestFailed }: TestContext,
    name: string,
    count: number,
    load: (count: number) => Promise<void>,
  ): Promise<void> {
    onTestFailed(() => console.error(this.gateway.logs().slice(-8_000)));
    await load(Math.ceil(count / 5));
    const warm = await this.atRest(expect);
    await load(count / 2);
    const half = await this.atRest(expect, warm);
    await load(count / 2);
    const whole = await this.atRest(expect, warm);
    console.log(name, [warm, half, whole]);
    expect(whole.heapBytes - half.heapBytes).toBeLessThan(HEAP_SLACK_BYTES * Math.max(2, this.inspected.length));
    expect(whole.children.length).toBe(warm.children.length);
    expect(whole.sessions).toBe(warm.sessions);
    expect(whole.subscriptions).toBe(warm.subscriptions);
  }

  get children(): string[] {
    return this.inspected.flatMap(({ children }) => children);
  }

  async stop(): Promise<void> {
    for (const process of this.inspected) process.close();
    await this.gateway.stop();
    await this.upstream.stop();
  }

  /** Once everything that ends by itself has ended. */
  private async atRest(expect: TestContext['expect'], before?: Holdings): Promise<Holdings> {
    const { upstream } = this;
    await sleep(REST_MS);
    await expect.poll(() => upstream.waiting, PATIENCE).toBe(0);
    await expect.poll(() => upstream.sessions.size, PATIENCE).toBeLessThanOrEqual(this.listeners);
    await expect.poll(() => upstream.connections(), PATIENCE).toBeLessThanOrEqual(2 * this.listeners);
    if (before !== undefined) {
      await expect.poll(() => this.files, PATIENCE).toBeLessThanOrEqual(before.files + FILES_SLACK);
      await expect.poll(() => this.children.length, PATIENCE).toBeLessThanOrEqual(before.children.length);
      await expect.poll(() => this.subscriptions(), PATIENCE).toBeLessThanOrEqual(before.subscriptions);
    }
    const heaps = await Promise.all(this.inspected.map((process) => process.heapBytes()));
    return {
      heapBytes: heaps.reduce((sum, bytes) => sum + bytes, 0),
      files: this.files,
      children: this.children,
      subscriptions: await this.subscriptions(),
      sessions: upstream.sessions.size,
    };
  }

  /** Who listens, in a session of its own, for changes of the upstream's lists. */
  private get listeners(): number {
    return Math.max(1, this.gateway.processes.filter(({ service }) => service === 'tool-invocation').length);
  }

  private get files(): number {
    return this.sum(({ files }) => files);
  }

  private sum(of: (process: InspectedProcess) => number): number {
    return this.inspected.reduce((sum, process) => sum + of(process), 0);
  }

  /** As the broker counts them; in one process there is no broker to ask. */
  private async subscriptions(): Promise<number> {
    const { natsMonitorUrl } = this.gateway;
    if (natsMonitorUrl === undefined) return 0;
    const answer = await (await fetch(`${natsMonitorUrl}/subsz`)).json();
    return (answer as { num_subscriptions: number }).num_subscriptions;
  }
}

/** Does it for each number below `count`, some at once. */
export const spread = async (count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
};
