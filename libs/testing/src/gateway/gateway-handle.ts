import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { EmbeddedPostgres } from '#libs/storage';
import type { ChildServer } from '../child-server.js';
import type { RedisServer } from '../redis-server.js';
import { AdminApi } from './admin-api.js';
import type { ClientEra, Gateway, GatewayProcess } from './gateway.js';
import type { GatewaySecrets } from './gateway-secrets.js';

interface Parts {
  readonly url: string;
  readonly processes: readonly GatewayProcess[];
  readonly secrets: GatewaySecrets;
  readonly nats?: ChildServer;
  readonly natsMonitorUrl?: string;
  readonly redis?: RedisServer;
  readonly postgres?: EmbeddedPostgres;
  /** What is to be undone, last first, after the processes have ended. */
  readonly closers: readonly (() => Promise<void> | void)[];
}

/** Askers before those they ask, so that nobody waits for an answer that cannot come. */
const STOP_ORDER = [
  'switchyard',
  'ingress',
  'tool-invocation',
  'registry',
  'auth',
  'metrics',
] as const satisfies GatewayProcess['service'][];

/** The running gateway in the hands of a test. */
export class GatewayHandle implements Gateway {
  readonly url: string;
  readonly processes: readonly GatewayProcess[];
  readonly nats: ChildServer | undefined;
  readonly natsMonitorUrl: string | undefined;
  readonly redis: RedisServer | undefined;
  readonly postgres: EmbeddedPostgres | undefined;
  readonly admin: AdminApi;
  private readonly clients: Client[] = [];
  private stopped: Promise<void> | undefined;

  private constructor(
    private readonly parts: Parts,
    readonly adminToken: string,
  ) {
    this.url = parts.url;
    this.processes = parts.processes;
    this.nats = parts.nats;
    this.natsMonitorUrl = parts.natsMonitorUrl;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.admin = new AdminApi(parts.url, adminToken);
  }

  static async of(parts: Parts): Promise<GatewayHandle> {
    return new GatewayHandle(parts, await parts.secrets.adminToken());
  }

  get ingressUrls(): string[] {
    // By replica: processes stand in the order in which they became ready.
    return this.processes
      .filter(({ service }) => service === 'ingress' || service === 'switchyard')
      .toSorted((one, other) => one.replica - other.replica)
      .map(({ url }) => url);
  }

  tokenFor(user: { email: string; isAdmin?: boolean; teams?: readonly string[]; lasts?: string }): Promise<string> {
    return this.parts.secrets.token(user);
  }

  async client(era: ClientEra, options: { path?: string; token?: string; url?: string } = {}): Promise<Client> {
    const { path = '/mcp', token = this.adminToken, url = this.url } = options;
    const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
    const client = new Client({ name: 'test-client', version: '1.0.0' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(path, url), { requestInit }));
    this.clients.push(client);
    return client;
  }

  process(service: GatewayProcess['service'], replica = 0): GatewayProcess {
    const found = this.processes.find((process) => process.service === service && process.replica === replica);
    if (!found) throw new Error(`there is no replica ${replica} of ${service}`);
    return found;
  }

  kill(service: GatewayProcess['service'], replica = 0): Promise<void> {
    return this.process(service, replica).server.kill();
  }

  restart(service: GatewayProcess['service'], replica = 0): Promise<void> {
    return this.process(service, replica).server.restart();
  }

  logs(): string {
    return this.processes
      .map(({ service, replica, server }) => `=== ${service} ${replica}\n${server.output}`)
      .join('\n');
  }

  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  private async shutDown(): Promise<void> {
    await Promise.allSettled(this.clients.splice(0).map((client) => client.close()));
    for (const service of STOP_ORDER) {
      const replicas = this.processes.filter((process) => process.service === service);
      await Promise.allSettled(replicas.map(({ server }) => server.stop()));
    }
    for (const close of [...this.parts.closers].reverse()) await close();
  }
}
