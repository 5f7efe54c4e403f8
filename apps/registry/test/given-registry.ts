import fs from 'node:fs';
import pg from 'pg';
import type { Bus } from '#libs/bus';
import { AdmitCaller } from '#contracts/auth/admit-caller.request';
import { DescribeTeam } from '#contracts/auth/describe-team.request';
import type { Principal } from '#contracts/auth/principal';
import { KeepUpstreamCredential, type UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { ListServerTokens, type ServerToken } from '#contracts/auth/list-server-tokens.request';
import type { PayloadOf, ReplyOf, RequestOf } from '#contracts/define';
import type { Catalog, CatalogDelta } from '#contracts/registry/catalog';
import { CatalogChanged, UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import { DescribeServer } from '#contracts/registry/describe-server.request';
import { RenewListing } from '#contracts/registry/renew-listing.request';
import { StateChanged } from '#contracts/registry/state-changed.event';
import { ResolveUpstream } from '#contracts/registry/resolve-upstream.request';
import { type AddressStanding, CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { DescribeUse } from '#contracts/tool-invocation/describe-use.request';
import { DiscoverUpstream, type DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { GreetUpstream } from '#contracts/tool-invocation/greet-upstream.request';
import { type GatewayError, fail } from '#libs/errors';
import { type RunningService, startService } from '#libs/service';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { PATIENT_STORES, temporaryFolder } from '#libs/testing';
import { registryService } from '../src/index.js';

const logger = createLogger({ service: 'test', level: 'silent' });

export const ADMIN: Principal = {
  id: 'admin@example.com',
  kind: 'user',
  isAdmin: true,
  teams: null,
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

export const userOf = (
  id: string,
  teams: readonly string[] = ['home'],
  permissions: Principal['permissions'] = ['*'],
): Principal => ({
  ...ADMIN,
  id,
  isAdmin: false,
  teams,
  permissions,
});

export interface RestAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever JSON came
  readonly body: any;
  readonly text: string;
}

type Offered =
  | DiscoveredUpstream
  | GatewayError
  | ((request: RequestOf<typeof DiscoverUpstream>) => Promise<DiscoveredUpstream>);

/** What auth and tool-invocation would know, shared by all replicas of a test. */
export class Surroundings {
  /** By URL or command. */
  readonly upstreams = new Map<string, Offered>();
  readonly principals = new Map<string, Principal>([['admin', ADMIN]]);
  readonly credentials = new Map<string, UpstreamCredential>();
  /** The teams that there are. */
  readonly teams = new Set(['home', 'a', 'b', 'z']);
  readonly discoveries: RequestOf<typeof DiscoverUpstream>[] = [];
  /** Which upstreams were asked whether they are there, and what of them the answer is a failure. */
  readonly checks: string[] = [];
  readonly ill = new Map<string, GatewayError>();
  /** What happens while an upstream is asked, by its id. */
  readonly meanwhile = new Map<string, () => Promise<void>>();
  /** How the addresses of an upstream stand, by its id. */
  readonly standings = new Map<string, readonly AddressStanding[]>();
  /** By the virtual server that they are for; null where auth cannot say. */
  serverTokens: ReadonlyMap<string, readonly ServerToken[]> | null = new Map();
  /** What comes of greeting an upstream, by its id. */
  readonly greetings = new Map<string, ReplyOf<typeof GreetUpstream> | GatewayError>();

  joinBus(bus: Bus): void {
    bus.answer(AdmitCaller, async ({ credential }) => {
      const principal = this.principals.get(credential ?? '');
      if (principal === undefined) throw fail('auth.credential_invalid');
      return { principal, expiresAtMs: Date.now() + 60_000 };
    });
    bus.answer(DescribeTeam, async ({ teamId }) => ({
      team: this.teams.has(teamId) ? { id: teamId, name: teamId } : null,
    }));
    bus.answer(KeepUpstreamCredential, async ({ upstreamId, credential }) => {
      if (credential === null) this.credentials.delete(upstreamId);
      else this.credentials.set(upstreamId, credential);
      return { version: '1' };
    });
    bus.answer(CheckUpstream, async ({ upstreamId }) => {
      this.checks.push(upstreamId);
      await this.meanwhile.get(upstreamId)?.();
      const failure = this.ill.get(upstreamId);
      if (failure !== undefined) throw failure;
      const addresses = this.standings.get(upstreamId);
      return { answered: true as const, ...(addresses && { addresses }) };
    });
    bus.answer(ListServerTokens, async ({ serverIds }) => {
      const known = this.serverTokens;
      if (known === null) throw fail('platform.not_ready');
      const found = serverIds.map((serverId) => ({ serverId, tokens: known.get(serverId) ?? [] }));
      return {
        servers: found
          .filter(({ tokens }) => tokens.length > 0)
          .map((each) => ({ ...each, count: each.tokens.length })),
      };
    });
    bus.answer(DescribeUse, async () => ({ conversations: 2, running: 1, waiting: 0, breakerOpen: false }));
    bus.answer(GreetUpstream, async ({ upstreamId }) => {
      const greeting = this.greetings.get(upstreamId) ?? fail('upstream.unreachable');
      if (greeting instanceof Error) throw greeting;
      return greeting;
    });
    bus.answer(DiscoverUpstream, async (request) => {
      this.discoveries.push(request);
      const offered = this.upstreams.get(request.profile.url ?? request.profile.command ?? '');
      if (offered === undefined) throw fail('upstream.unreachable');
      if (offered instanceof Error) throw offered;
      return typeof offered === 'function' ? offered(request) : offered;
    });
  }
}

/** One replica of the registry with its REST face, and what it published. */
export class Registry {
  readonly changes: PayloadOf<typeof CatalogChanged>[] = [];
  readonly upstreamChanges: PayloadOf<typeof UpstreamChanged>[] = [];
  readonly stateTopics: string[] = [];

  constructor(
    readonly service: RunningService,
    readonly around: Surroundings,
  ) {
    around.joinBus(service.bus);
    service.bus.subscribe(CatalogChanged, (change) => void this.changes.push(change));
    service.bus.subscribe(UpstreamChanged, (change) => void this.upstreamChanges.push(change));
    service.bus.subscribe(StateChanged, ({ topic }) => void this.stateTopics.push(topic));
  }

  async ask(method: string, path: string, body?: unknown, token = 'admin'): Promise<RestAnswer> {
    const response = await fetch(`${this.service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: text === '' ? null : JSON.parse(text) };
  }

  /** Registers an upstream of the surroundings, which is expected to work. */
  async register(
    name: string,
    offered: Offered,
    body: Record<string, unknown> = {},
    token = 'admin',
  ): Promise<RestAnswer['body']> {
    const url = `http://${name.toLowerCase().replace(/\W/g, '-')}.example/mcp`;
    this.around.upstreams.set(url, offered);
    const answer = await this.ask('POST', '/gateways', { name, url, ...body }, token);
    if (answer.status !== 201) throw new Error(`${name} was not registered: ${answer.text}`);
    return answer.body;
  }

  async describe(serverId: string | null = null): Promise<Catalog> {
    return (await this.service.bus.ask(DescribeServer, { serverId })).head as Catalog;
  }

  async describeSince(since: number, serverId: string | null = null, heard?: number): Promise<Catalog | CatalogDelta> {
    const request = { serverId, since, ...(heard !== undefined && { heard }) };
    return (await this.service.bus.ask(DescribeServer, request)).head;
  }

  async renew(upstreamId: string) {
    return (await this.service.bus.ask(RenewListing, { upstreamId })).head;
  }

  async resolve(upstreamId: string) {
    return (await this.service.bus.ask(ResolveUpstream, { upstreamId })).head;
  }
}

/** A database of the test's own, and registries on it. */
export class RegistryBench {
  private readonly services: RunningService[] = [];

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    readonly socketDir: string,
  ) {}

  static async open(): Promise<RegistryBench> {
    const folder = temporaryFolder('registry');
    const postgres = await startEmbeddedPostgres({ dataDir: `${folder}/postgres`, logger });
    if (!('socketDir' in postgres.location)) throw new Error('the embedded server is reached by its socket');
    return new RegistryBench(folder, postgres, postgres.location.socketDir);
  }

  async registry(around = new Surroundings(), env: Record<string, string> = {}): Promise<Registry> {
    const databaseUrl = `postgresql:///postgres?${new URLSearchParams({ host: this.socketDir, user: 'postgres' }).toString()}`;
    const service = await startService({
      parts: [registryService],
      env: {
        PORT: '0',
        LOG_LEVEL: 'silent',
        DATABASE_URL: databaseUrl,
        SWITCHYARD_DATA_DIR: this.folder,
        ...PATIENT_STORES,
        ...env,
      },
      logger,
    });
    this.services.push(service);
    return new Registry(service, around);
  }

  /** As somebody who goes past the registry. */
  async query(statement: string): Promise<void> {
    await this.rows(statement);
  }

  rows<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    return this.withClient(async (client) => (await client.query<Row>(statement)).rows);
  }

  /** Where its PostgreSQL writes what it has to say. */
  get postgresLog(): string {
    const names = fs.readdirSync(`${this.folder}/postgres`).filter((name) => name.endsWith('.log'));
    return `${this.folder}/postgres/${names[0]}`;
  }

  /** Nobody else reads the table meanwhile. */
  whileLocked(table: string, work: () => Promise<void>): Promise<void> {
    return this.withClient(async (client) => {
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${table}`);
      await work();
    });
  }

  stopPostgres(): Promise<void> {
    return this.postgres.stop();
  }

  private async withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ host: this.socketDir, user: 'postgres', database: 'postgres' });
    await client.connect();
    return work(client).finally(() => client.end());
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    await this.postgres.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export const tool = (name: string, more = ''): DiscoveredUpstream['tools'][number] => ({
  name,
  definition: `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}${more}}`,
  headerParams: [],
});

export const prompt = (name: string): DiscoveredUpstream['prompts'][number] => ({
  name,
  definition: `{"name":${JSON.stringify(name)}}`,
});

export const resource = (uri: string): DiscoveredUpstream['resources'][number] => ({
  uri,
  definition: `{"uri":${JSON.stringify(uri)},"name":"a resource"}`,
});

export const template = (uriTemplate: string): DiscoveredUpstream['resourceTemplates'][number] => ({
  uriTemplate,
  definition: `{"uriTemplate":${JSON.stringify(uriTemplate)},"name":"a template"}`,
});

export const upstream = (offered: Partial<DiscoveredUpstream> = {}): DiscoveredUpstream => ({
  era: 'modern',
  protocolVersion: '2026-07-28',
  transport: 'STREAMABLEHTTP',
  serverInfo: { name: 'upstream', version: '1' },
  capabilities: { tools: {} },
  instructions: null,
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  refused: [],
  ...offered,
});
