import { readFileSync } from 'node:fs';
import type { GatewayBody } from '../../gateway/admin-api.js';

/** A server as a client's configuration names it: how to register it, or why that cannot be done. */
export type ServerEntry =
  | { readonly name: string; readonly body: GatewayBody; readonly problem?: undefined }
  | { readonly name: string; readonly body?: undefined; readonly problem: string };

type Members = Readonly<Record<string, unknown>>;

/** The servers of an `mcp.json`. Throws a sentence when the file is not one. */
export const readServerList = (path: string): readonly ServerEntry[] => {
  const servers = membersIn(parse(path, read(path)), path);
  return Object.entries(servers).map(([name, server]) => toEntry(name, server));
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
};

const parse = (path: string, text: string): unknown => {
  try {
    // Some editors write a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's message quotes the text, which holds tokens.
    throw new Error(`${path} is not valid JSON`);
  }
};

const membersIn = (file: unknown, path: string): Members => {
  // VS Code calls them `servers`.
  const servers = isMembers(file) ? (file.mcpServers ?? file.servers) : undefined;
  if (!isMembers(servers)) throw new Error(`${path} has no "mcpServers" object`);
  if (Object.keys(servers).length === 0) throw new Error(`${path} names no servers`);
  return servers;
};

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isTextMembers = (value: unknown): value is Readonly<Record<string, string>> =>
  isMembers(value) && Object.values(value).every((member) => typeof member === 'string');

/** What clients let a file say of which tools are wanted, of credentials, and of where a program runs. */
const RESTRICTING = [
  'disabledTools',
  'enabledTools',
  'includeTools',
  'excludeTools',
  'allowedTools',
  'tools',
  'oauth',
  'auth',
  'authProviderType',
  'bearerTokenEnvVar',
  'bearer_token_env_var',
  'env_http_headers',
  'headersHelper',
  'envFile',
  'cwd',
  'sandbox',
  'sandboxEnabled',
];

/** A list of everything, nothing, and `false` restrict nothing. */
const asksFor = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  !(Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === '*')));

const toEntry = (name: string, server: unknown): ServerEntry => {
  if (!isMembers(server)) return { name, problem: 'is not an object' };
  if (server.disabled === true) return { name, problem: 'is disabled in the file' };
  if (JSON.stringify(server).includes('${')) return { name, problem: 'has a ${…} in it; put the value there' };
  const unread = RESTRICTING.find((member) => asksFor(server[member]));
  if (unread !== undefined) return { name, problem: `has ${unread}, which is not read here` };
  const { era } = server;
  if (era !== undefined && !isEra(era)) return { name, problem: 'has an era other than auto, modern and legacy' };
  const url = server.url ?? server.serverUrl ?? server.httpUrl;
  const entry = server.command === undefined ? urlEntry(name, server, url) : commandEntry(name, server);
  return entry.body === undefined || era === undefined ? entry : { name, body: { ...entry.body, era } };
};

const isEra = (value: unknown): value is NonNullable<GatewayBody['era']> =>
  value === 'auto' || value === 'modern' || value === 'legacy';

const commandEntry = (name: string, { command, args = [], env = {} }: Members): ServerEntry => {
  if (typeof command !== 'string' || command === '') return { name, problem: 'has a command that is not text' };
  if (!isTexts(args)) return { name, problem: 'has args that are not a list of texts' };
  if (!isTextMembers(env)) return { name, problem: 'has an env that is not an object of texts' };
  const hasEnv = Object.keys(env).length > 0;
  return { name, body: { name, transport: 'STDIO', command, args, ...(hasEnv && { env }) } };
};

const TRANSPORTS: Readonly<Record<string, GatewayBody['transport']>> = {
  http: 'STREAMABLEHTTP',
  streamablehttp: 'STREAMABLEHTTP',
  sse: 'SSE',
};

const urlEntry = (name: string, server: Members, url: unknown): ServerEntry => {
  if (url === undefined) return { name, problem: 'has neither a command nor a url' };
  if (typeof url !== 'string' || !URL.canParse(url)) return { name, problem: 'has a url that is not one' };
  const headers = server.headers ?? {};
  if (!isTextMembers(headers)) return { name, problem: 'has headers that are not an object of texts' };
  const named = server.type ?? server.transport;
  const kind = typeof named === 'string' ? named.toLowerCase().replaceAll(/[-_]/g, '') : '';
  if (kind === 'stdio') return { name, problem: 'is of the type stdio but has no command' };
  const pairs = Object.entries(headers).map(([key, value]) => ({ key, value }));
  return {
    name,
    body: {
      name,
      transport: TRANSPORTS[kind] ?? 'AUTO',
      url,
      ...(pairs.length > 0 && { authType: 'authheaders' as const, authHeaders: pairs }),
    },
  };
};
