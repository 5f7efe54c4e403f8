import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AppUpstream {
  readonly url: string;
  stop(): Promise<void>;
}

export interface AppUpstreamOptions {
  readonly era: 'modern' | 'legacy';
  /** What its app shows, and every answer says. */
  readonly text: string;
  /** Whether its app stands in its list of resources. */
  readonly lists: boolean;
  readonly extensions?: object;
}

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly uri?: string;
    readonly capabilities?: object;
    readonly _meta?: Record<string, unknown>;
  };
}

export const APP_URI = 'ui://app/main.html';
export const APP_MIME_TYPE = 'text/html;profile=mcp-app';
export const LINKED_URI = 'note://linked/1';
export const APPS = 'io.modelcontextprotocol/ui';
const PREFIX = 'io.modelcontextprotocol';

/** What the content of the app says of how it is to be shown; the list says less. */
export const APP_META = {
  ui: {
    csp: { connectDomains: ['https://api.example.com'], resourceDomains: ['https://cdn.example.com'] },
    permissions: { camera: {}, clipboardWrite: {} },
    prefersBorder: true,
  },
  'vendor/kept': [1.5],
};
export const TOOL_META = {
  ui: { resourceUri: APP_URI, visibility: ['model', 'app'] },
  'vendor/kept': { deep: [true] },
};

const TOOL = { inputSchema: { type: 'object' } };
const PLAIN = ['told', 'link', 'surprise'].map((name) => ({ name, ...TOOL }));
/** Only a client that shows apps gets to see these. */
const SHOWN = [
  { name: 'show', ...TOOL, _meta: TOOL_META },
  { name: 'show_old', ...TOOL, _meta: { 'ui/resourceUri': APP_URI } },
];
const APP = { uri: APP_URI, name: 'main', mimeType: APP_MIME_TYPE, _meta: { ui: { prefersBorder: true } } };

/**
 * A server with an MCP App. `told` answers what its client declared and said in `_meta`, and says something in its own;
 * `link` links to a resource that stands in no list; `surprise` answers with a result of a type of its own.
 */
export const startAppUpstream = async (options: AppUpstreamOptions): Promise<AppUpstream> => {
  const sessions = new Map<string, object>();
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => serve(options, sessions, JSON.parse(body) as Message, request, response));
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const serve = (
  options: AppUpstreamOptions,
  sessions: Map<string, object>,
  message: Message,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const { id, method, params = {} } = message;
  const send = (answer: object, headers: Record<string, string> = {}): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  };
  const declaredNow = params._meta?.[`${PREFIX}/clientCapabilities`];
  if ((declaredNow !== undefined) !== (options.era === 'modern')) {
    if (method !== 'initialize' && !sessions.has(String(request.headers['mcp-session-id'])))
      return void response.writeHead(400).end('another era');
  }
  const extensions = options.extensions ?? { [APPS]: {} };
  const capabilities = { tools: {}, resources: {}, extensions };
  if (method === 'initialize' && options.era === 'modern') return void response.writeHead(400).end('another era');
  if (method === 'initialize') {
    const session = `session-${sessions.size}`;
    sessions.set(session, params.capabilities ?? {});
    const serverInfo = { name: options.text, version: '1' };
    return send({ result: { protocolVersion: '2025-11-25', capabilities, serverInfo } }, { 'mcp-session-id': session });
  }
  if (id === undefined) return void response.writeHead(202).end();
  const declared = (declaredNow ?? sessions.get(String(request.headers['mcp-session-id']))) as Declared;
  const result = resultOf(options, message, declared, capabilities);
  if (result === null) return send({ error: { code: -32602, message: 'Not found', data: { uri: params.uri } } });
  const cache = { ttlMs: 0, cacheScope: 'private' };
  const complete = { resultType: 'complete', ...(method !== 'tools/call' && cache) };
  send({ result: options.era === 'modern' ? { ...complete, ...result } : result });
};

type Declared = { readonly extensions?: Record<string, { readonly mimeTypes?: readonly string[] }> } | undefined;

const resultOf = (
  { text, lists }: AppUpstreamOptions,
  { method, params = {} }: Message,
  declared: Declared,
  capabilities: object,
): object | null => {
  const showsApps = declared?.extensions?.[APPS]?.mimeTypes?.includes(APP_MIME_TYPE) === true;
  switch (method) {
    case 'server/discover':
      return { supportedVersions: ['2026-07-28'], capabilities };
    case 'tools/list':
      return { tools: showsApps ? [...PLAIN, ...SHOWN] : PLAIN };
    case 'resources/list':
      return { resources: showsApps && lists ? [APP] : [] };
    case 'resources/templates/list':
      return { resourceTemplates: [] };
    case 'resources/read':
      if (params.uri === LINKED_URI) return { contents: [{ uri: LINKED_URI, text }] };
      if (params.uri !== APP_URI) return null;
      return { contents: [{ uri: APP_URI, mimeType: APP_MIME_TYPE, text: `<h1>${text}</h1>`, _meta: APP_META }] };
    case 'tools/call':
      return answer(text, params, declared);
    default:
      return {};
  }
};

const answer = (text: string, { name, _meta = {} }: NonNullable<Message['params']>, declared: Declared): object => {
  if (name === 'surprise') return { resultType: 'vendor/surprise', content: [] };
  if (name === 'link') return { content: [{ type: 'resource_link', uri: LINKED_URI, name: 'linked' }] };
  const told = { declared: declared?.extensions ?? {}, keys: Object.keys(_meta).sort(), vendor: _meta['vendor/sent'] };
  return {
    content: [{ type: 'text', text: JSON.stringify(told), _meta: { 'vendor/inside': 1 } }],
    structuredContent: { text },
    _meta: {
      'vendor/answered': { n: 1.5 },
      [`${PREFIX}/invented`]: true,
      [`${PREFIX}/serverInfo`]: { name: 'hidden' },
    },
  };
};
