import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Bus, type CallContext, LocalBus, WithBody } from '#libs/bus';
import { parseConfig } from '#libs/config';
import {
  AdmitCaller,
  LeaseParkedCall,
  type CallAnswer,
  type CallFrame,
  type CallRecord,
  type Catalog,
  ContinueCall,
  DescribeServer,
  ExecuteCall,
  ClaimSession,
  type Principal,
  RenewListing,
  type RequestOf,
  type UpstreamCall,
  type UpstreamListing,
  WatchUpstream,
  type AccessScope,
  type CatalogPrompt,
  type CatalogResource,
  type CatalogTool,
  type CatalogUpstream,
  type HeaderParam,
} from '#libs/contracts';
import { fail } from '#libs/errors';
import {
  ANONYMOUS,
  CallShares,
  CallerAdmission,
  clientAddress,
  identityOptions,
  shareSettingsOf,
} from '#libs/identity';
import { Compressor, compressionOptions } from '#libs/service';
import { MemoryCache } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { type Ingress, openIngress } from '../src/ingress.js';
import { ingressOptions } from '../src/ingress.config.js';
import { settingsOf } from '../src/ingress.settings.js';

export const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
};

const PUBLIC: AccessScope = { visibility: 'public', teamId: null, ownerEmail: null };

export const tool = (
  name: string,
  more: object = {},
  scope: AccessScope = PUBLIC,
  headerParams: readonly HeaderParam[] = [],
): CatalogTool => ({
  id: `id-${name}`,
  name,
  upstreamName: `up_${name}`,
  upstreamId: 'u1',
  definition: JSON.stringify({ name, description: `Tool ${name}`, inputSchema: { type: 'object' }, ...more }),
  headerParams,
  ...scope,
});

/** What an upstream said of how long its lists are good, if it was asked now and said the same of all. */
export const listingOf = (
  hint: Partial<UpstreamListing['hints']['tools']> = {},
  listedAtMs = Date.now(),
): UpstreamListing => {
  const said = { ttlMs: 0, cacheScope: 'public', renewAfterMs: null, ...hint } as const;
  return { listedAtMs, hints: { about: said, tools: said, prompts: said, resources: said, resourceTemplates: said } };
};

export const upstream = (
  id: string,
  listing: UpstreamListing | undefined,
  more: Partial<CatalogUpstream> = {},
): CatalogUpstream => ({
  id,
  name: id,
  slug: id,
  capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} },
  instructions: 'Be kind.',
  ...(listing !== undefined && { listing }),
  sessionScope: 'shared',
  ...PUBLIC,
  ...more,
});

export const prompt = (more: Partial<CatalogPrompt> = {}): CatalogPrompt => ({
  id: 'p1',
  name: 'greet',
  upstreamName: 'up_greet',
  upstreamId: 'u1',
  definition: '{"name":"greet"}',
  ...PUBLIC,
  ...more,
});

export const resource = (more: Partial<CatalogResource> = {}): CatalogResource => ({
  id: 'r1',
  uri: 'file:///a',
  upstreamId: 'u1',
  definition: '{"uri":"file:///a","name":"a"}',
  ...PUBLIC,
  ...more,
});

export const catalogOf = (parts: Partial<Catalog> = {}): Catalog => ({
  server: { id: null, name: 'all', description: null, ...PUBLIC },
  revision: 1,
  upstreams: [upstream('u1', listingOf())],
  tools: [tool('echo'), tool('slow')],
  prompts: [prompt()],
  resources: [resource()],
  resourceTemplates: [
    {
      id: 't1',
      uriTemplate: 'item://{id}/data',
      upstreamId: 'u1',
      definition: '{"uriTemplate":"item://{id}/data","name":"t"}',
      ...PUBLIC,
    },
  ],
  ...parts,
});

export const user = (id: string, more: Partial<Principal> = {}): Principal => ({
  id,
  kind: 'user',
  isAdmin: false,
  teams: [],
  permissions: ['*'],
  serverId: null,
  tokenId: `jti-${id}`,
  ...more,
});

type Execute = (call: UpstreamCall, context: CallContext<CallFrame>) => Promise<CallAnswer | WithBody<CallAnswer>>;
type Continue = (
  call: RequestOf<typeof ContinueCall>,
  context: CallContext<CallFrame>,
) => Promise<CallAnswer | WithBody<CallAnswer>>;

const echo: Execute = async (call, context) =>
  new WithBody(
    { kind: 'result' },
    JSON.stringify({ content: [{ type: 'text', text: `${call.target} ${context.body}` }] }),
  );

export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** Ingress on a real HTTP server, with doubles for the services it asks. */
export class Rig {
  readonly broker = new LocalBus();
  readonly cache = new MemoryCache();
  readonly auth = this.broker.join('auth');
  readonly registry = this.broker.join('registry');
  invocation: Bus = this.broker.join('tool-invocation');
  readonly records: CallRecord[] = [];
  readonly tokens = new Map<string, Principal>();
  readonly calls: { call: UpstreamCall; body: string | undefined }[] = [];
  catalogs = new Map<string | null, Catalog>([[null, catalogOf()]]);
  describes = 0;
  renewals: string[] = [];
  renew: (upstreamId: string) => Promise<UpstreamListing> = async () => listingOf();
  execute: Execute = echo;
  continue: Continue = async () => {
    throw fail('mcp.state_invalid');
  };
  /** Those who stay with a parked call. */
  readonly leaseHolders: { readonly callId: string; readonly round: number; gone: boolean; over: () => void }[] = [];
  readonly watches: {
    request: RequestOf<typeof WatchUpstream>;
    uris: readonly string[];
    send: (uri: string) => Promise<void>;
    confirm: () => Promise<void>;
    end: (error: unknown) => void;
    signal: AbortSignal;
  }[] = [];
  /** Whether upstreams confirm subscriptions by themselves. */
  confirms = true;
  isAuthAway = false;
  /** What auth takes its time for. */
  authWaits: Promise<void> | null = null;
  /** Requests that have given their place back. */
  lentPlaces = 0;
  /** Whether there is no place for a request. */
  isFull = false;
  takenPlaces = 0;
  /** Keys of the sessions that tool-invocation has been made the owner of. */
  readonly held: string[] = [];
  private readonly servers: Server[] = [];
  private readonly ingresses: Ingress[] = [];
  private readonly shares: CallShares[] = [];

  constructor(private readonly env: Record<string, string> = {}) {
    this.auth.answer(AdmitCaller, async ({ credential }) => {
      if (this.isAuthAway) throw fail('auth.unavailable');
      await this.authWaits;
      const principal = credential === null ? ANONYMOUS : this.tokens.get(credential);
      if (principal === undefined) throw fail('auth.credential_invalid');
      return { principal, expiresAtMs: Date.now() + 60_000 };
    });
    this.registry.answer(DescribeServer, async ({ serverId }) => {
      this.describes++;
      const catalog = this.catalogs.get(serverId);
      if (catalog === undefined) throw fail('registry.server_unknown');
      return catalog;
    });
    this.registry.answer(RenewListing, ({ upstreamId }) => {
      this.renewals.push(upstreamId);
      return this.renew(upstreamId);
    });
    this.invocation.answer(ExecuteCall, (call, context) => {
      this.calls.push({ call, body: context.body });
      return this.execute(call, context);
    });
    this.invocation.answer(ContinueCall, (call, context) => this.continue(call, context));
    this.invocation.answer(ClaimSession, async ({ key }) => {
      this.held.push(key);
      return { claimed: true } as const;
    });
    this.invocation.answer(
      LeaseParkedCall,
      ({ callId, round }, { signal }) =>
        new Promise((resolve) => {
          const leaseHolder = { callId, round, gone: false, over: () => resolve({ over: true }) };
          this.leaseHolders.push(leaseHolder);
          signal.addEventListener('abort', () => {
            leaseHolder.gone = true;
            leaseHolder.over();
          });
        }),
    );
    this.invocation.answer(
      WatchUpstream,
      (request, context) =>
        new Promise((_, reject) => {
          if (this.confirms) void context.send({ kind: 'standing' });
          this.watches.push({
            request,
            uris: request.uris,
            end: reject,
            send: (uri) => context.send({ kind: 'resource-updated', uri }),
            confirm: () => context.send({ kind: 'standing' }),
            signal: context.signal,
          });
          context.signal.addEventListener('abort', () => reject(fail('bus.cancelled')));
        }),
    );
  }

  /** Starts one more ingress; answers its URL. */
  async start(): Promise<string> {
    const env = { STATE_SECRET: 'a secret for tests only', AUTH_REQUIRED: 'false', ...this.env };
    const config = parseConfig(ingressOptions, env);
    const bus = this.broker.join('ingress');
    const logger = createLogger({ service: 'ingress', level: 'error' });
    const identity = parseConfig(identityOptions, env);
    const addressOf = clientAddress(identity.TRUSTED_PROXIES);
    const callers = new CallerAdmission(bus, {
      ttlMs: 30_000,
      staleMaxMs: 0,
      max: 100,
      authRequired: identity.AUTH_REQUIRED,
      addressOf,
    });
    const shares = new CallShares(shareSettingsOf(identity, 0), addressOf);
    this.shares.push(shares);
    const ingress = openIngress(settingsOf(config), {
      bus,
      cache: this.cache,
      callers,
      shares,
      addressOf,
      outbox: { settle: (record) => this.records.push(record) },
      logger,
      places: {
        takePlace: () => {
          if (this.isFull) throw fail('http.overloaded');
          this.takenPlaces++;
        },
        releasePlace: () => {},
        lendPlace: () => void this.lentPlaces++,
      },
      compressor: new Compressor(parseConfig(compressionOptions, env)),
    });
    const server = createServer((request, response) => {
      for (const face of ingress.faces) if (face.handle(request, response)) return;
      response.writeHead(404).end();
    });
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (!ingress.upgrade(request, socket, head)) socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.servers.push(server);
    this.ingresses.push(ingress);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stopStreams(): Promise<void> {
    for (const ingress of this.ingresses) await ingress.stopStreams();
  }

  /** One of the ingresses is no more. */
  async crash(index: number): Promise<void> {
    this.ingresses[index]?.close();
    this.servers[index]?.closeAllConnections();
  }

  async stop(): Promise<void> {
    for (const part of [...this.ingresses, ...this.shares]) part.close();
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

export const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Exchange> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });
  const text = await response.text();
  let json: unknown = null;
  try {
    json = text === '' ? null : JSON.parse(text);
  } catch {
    json = null;
  }
  return { status: response.status, headers: response.headers, text, json };
};

export const modern = (method: string, params: Record<string, unknown> = {}, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { ...params, _meta: { ...MODERN_META, ...(params['_meta'] as object) } },
});

export const modernHeaders = (method: string, name?: string): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

export const openSession = async (
  url: string,
  capabilities: object = {},
  protocolVersion = '2025-11-25',
  headers = {},
): Promise<Record<string, string>> => {
  const opened = await post(
    url,
    {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion, capabilities, clientInfo: { name: 't', version: '1' } },
    },
    headers,
  );
  const session = {
    ...headers,
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': protocolVersion,
  };
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  return session;
};

export interface StreamEvent {
  readonly id: string | null;
  readonly data: string;
}

/** Reads server-sent events one by one. */
export const eventsOf = async function* (response: Response): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const data = field('data');
      if (data !== null) yield { id: field('id'), data };
    }
  }
};

export const nextMessage = async (events: AsyncGenerator<StreamEvent>) => {
  for (;;) {
    const { value, done } = await events.next();
    if (done) return null;
    if (value.data !== '') return JSON.parse(value.data);
  }
};
