import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { GatewayBody } from '../../gateway/admin-api.js';
import type { FoundServer } from './find-servers.js';
import { type Headers, headersOf } from './headers.js';
import { type Members, asTexts, isMembers, isTexts } from './members.js';
import { atHome, startFolder } from './start-folder.js';
import { isSwitch, switchedOff } from './switched-off.js';
import { Unexpandable, type VariableSource, expand, expandHeader } from './variables.js';

/** A server as a client's configuration names it: how to register it, or why that cannot be done. */
export type ServerEntry =
  | { readonly name: string; readonly body: GatewayBody; readonly problem?: undefined }
  | { readonly name: string; readonly body?: undefined; readonly problem: string };

/** The spellings of what is read, without case, dashes and underscores. */
const SPELLINGS: Readonly<Record<string, string>> = {
  arguments: 'args',
  environment: 'env',
  envvars: 'envVars',
  dotenvpath: 'envFile',
  envfile: 'envFile',
  workingdirectory: 'cwd',
  workingdir: 'cwd',
  workdir: 'cwd',
  serverurl: 'url',
  baseurl: 'url',
  endpoint: 'url',
  uri: 'url',
  httpurl: 'httpUrl',
  transport: 'type',
  transporttype: 'type',
  httpheaders: 'headers',
  requestheaders: 'headers',
  customheaders: 'headers',
  envhttpheaders: 'envHeaders',
  requestinit: 'requestInit',
  bearertoken: 'bearer',
  authtoken: 'bearer',
  authorizationtoken: 'bearer',
  bearertokenenv: 'bearerVariable',
  bearertokenenvvar: 'bearerVariable',
  tooltimeoutsec: 'toolTimeoutSeconds',
  enabledtools: 'filter',
  disabledtools: 'filter',
  includetools: 'filter',
  excludetools: 'filter',
  allowedtools: 'filter',
  blockedtools: 'filter',
  toolfilter: 'filter',
  tools: 'filter',
  includetags: 'filter',
  excludetags: 'filter',
};
const READ = new Set(['command', 'args', 'env', 'cwd', 'url', 'type', 'era', 'headers', ...Object.values(SPELLINGS)]);

/** What tells a client how to show or approve a server, or how long to wait for it: nothing of the server itself. */
const DESCRIBING = new Set(
  `name title displayname description icon iconpath logourl provider providerurl category tags version gallery source note
   notes comment $comment $schema // autoapprove alwaysallow autoallow trust approvalmode defaulttoolsapprovalmode dev
   watchpaths timeout inittimeout requesttimeout connecttimeout startuptimeout startuptimeoutsec startuptimeoutms required
   alwaysload supportsparalleltoolcalls installedat createdat updatedat registryurl longrunning`.split(/\s+/),
);

const keyOf = (member: string): string => {
  const bare = member.toLowerCase().replaceAll(/[-_]/g, '');
  return SPELLINGS[bare] ?? bare;
};

class Problem extends Error {}

/** How a server of a file is to be registered, or why it cannot. Nothing that changes its meaning is passed over. */
export const toEntry = async (found: FoundServer, source: VariableSource): Promise<ServerEntry> => {
  const { name } = found;
  try {
    return { name, body: await bodyOf(found, source) };
  } catch (error) {
    if (error instanceof Problem || error instanceof Unexpandable) return { name, problem: error.message };
    throw error;
  }
};

const bodyOf = async (found: FoundServer, source: VariableSource): Promise<GatewayBody> => {
  const { name, server } = found;
  if (!isMembers(server)) throw new Problem('is not an object');
  const off = switchedOff(server, keyOf) ?? found.switchedOff;
  if (off !== undefined) throw new Problem(off);
  const read = readMembers(server);
  const { type } = read;
  const kind = typeof type === 'string' ? type.toLowerCase().replaceAll(/[-_]/g, '') : '';
  const more = { ...timeoutOf(read['toolTimeoutSeconds']), ...eraOf(read['era']) };
  const hasCommand = given(read['command']);
  const url = read['httpUrl'] ?? read['url'];
  if (hasCommand && given(url) && kind === '') throw new Problem('has both a command and a url');
  if (hasCommand && (kind === '' || STDIO_KINDS.has(kind))) {
    return { name, ...(await programOf(read, source)), ...more };
  }
  if (STDIO_KINDS.has(kind)) throw new Problem(`is of the type ${String(type)} but has no command`);
  if (!given(url)) throw new Problem(hasCommand ? `is of the type ${String(type)} but has no url` : nothingOf(read));
  const transport = read['httpUrl'] === undefined ? TRANSPORTS[kind] : 'STREAMABLEHTTP';
  if (transport === undefined) throw new Problem(`is of the type ${String(type)}, which upstreams are not reached by`);
  return { name, transport, ...(await addressOf(read, url, source)), ...more };
};

const STDIO_KINDS = new Set(['stdio', 'local']);
const TRANSPORTS: Readonly<Record<string, GatewayBody['transport']>> = {
  '': 'AUTO',
  remote: 'AUTO',
  http: 'STREAMABLEHTTP',
  streamablehttp: 'STREAMABLEHTTP',
  streamable: 'STREAMABLEHTTP',
  httpstreamable: 'STREAMABLEHTTP',
  httpstream: 'STREAMABLEHTTP',
  sse: 'SSE',
};

const nothingOf = (read: Members): string =>
  given(read['settings']) ? 'is an extension of its client' : 'has neither a command nor a url';

/** By what they mean. Throws where one would be dropped that means something. */
const readMembers = (server: Members): Members => {
  const read: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(server)) {
    const key = keyOf(member);
    if (isSwitch(key) || DESCRIBING.has(key) || !given(value)) continue;
    if (key === 'filter') {
      if (restricts(value))
        throw new Problem(`has ${member}: a gateway offers all tools of a server; switch some off there`);
      continue;
    }
    if (key === 'command' && isMembers(value)) {
      // Older versions of Zed have the whole program there.
      const { path, ...rest } = value;
      Object.assign(read, readMembers({ command: path, ...rest }));
      continue;
    }
    if (key === 'settings') {
      // Of Zed: what an extension is set to. Beside a command it says nothing to the server.
      read['settings'] = value;
      continue;
    }
    if (!READ.has(key)) throw new Problem(`has ${member}, which is not read here`);
    if (key in read) throw new Problem(`says ${key} twice`);
    read[key] = value;
  }
  return read;
};

/** `false`, `null`, nothing and empty lists and objects ask for nothing. */
const given = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  !(typeof value === 'object' && Object.keys(value).length === 0);

const restricts = (value: unknown): boolean =>
  !(Array.isArray(value) && value.length === 1 && value[0] === '*') && value !== '*';

const programOf = async (read: Members, source: VariableSource) => {
  const { command: first, args: rest = [], cwd } = read;
  const [command, ...before] = Array.isArray(first) ? (first as unknown[]) : [first];
  if (typeof command !== 'string' || command === '') throw new Problem('has a command that is not text');
  const list: unknown = Array.isArray(rest) ? [...before, ...(rest as unknown[])].map(asArgument) : undefined;
  if (!isTexts(list)) throw new Problem('has args that are not a list of texts');
  if (cwd !== undefined && typeof cwd !== 'string') throw new Problem('has a cwd that is not text');
  for (const member of ['headers', 'envHeaders', 'requestInit', 'bearer', 'bearerVariable']) {
    if (given(read[member])) throw new Problem('has headers, which a command cannot be given');
  }
  const env = await environmentOf(read, source);
  const program = await expand(command, source);
  const args = await Promise.all(list.map((arg) => expand(arg, source)));
  const said = cwd === undefined ? undefined : await expand(cwd, source);
  const folder = startFolder(said, [program, ...args], source.folder);
  return {
    transport: 'STDIO' as const,
    command: program,
    args,
    ...(folder !== undefined && { cwd: folder }),
    ...(Object.keys(env).length > 0 && { env }),
  };
};

const environmentOf = async ({ env = {}, envVars = [], envFile }: Members, source: VariableSource) => {
  const said = asTexts(env);
  if (said === undefined) throw new Problem('has an env that is not an object of texts');
  if (!isTexts(envVars)) throw new Problem('has env_vars that are not a list of texts');
  const passedOn = envVars.flatMap((name) =>
    source.env[name] === undefined ? [] : [[name, source.env[name]] as const],
  );
  const all: Record<string, string> = {
    ...Object.fromEntries(passedOn),
    ...(await fromEnvFile(envFile, source)),
    ...(await expandAll(withoutNull(said), source)),
  };
  // As VS Code has it: a variable that is `null` is not set.
  for (const [name, text] of Object.entries(said)) if (text === null) delete all[name];
  return all;
};

const asArgument = (arg: unknown): unknown => (typeof arg === 'number' ? String(arg) : arg);

const withoutNull = (members: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(members).filter((pair): pair is [string, string] => pair[1] !== null));

const fromEnvFile = async (path: unknown, source: VariableSource): Promise<Record<string, string>> => {
  if (path === undefined) return {};
  if (typeof path !== 'string') throw new Problem('has an envFile that is not text');
  const file = atHome(await expand(path, source), source.folder);
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (error) {
    throw new Problem(`has an envFile that cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
};

const addressOf = async (read: Members, url: unknown, source: VariableSource) => {
  for (const member of ['args', 'env', 'envVars', 'envFile', 'cwd']) {
    if (given(read[member])) throw new Problem(`has ${member}, which only a command can be given`);
  }
  const text = typeof url === 'string' ? await expand(url, source) : '';
  if (!URL.canParse(text)) throw new Problem('has a url that is not one');
  const pairs = await authHeadersOf(read, source);
  return { url: text, ...(pairs.length > 0 && { authType: 'authheaders' as const, authHeaders: pairs }) };
};

const authHeadersOf = async (read: Members, source: VariableSource) => {
  const found: Headers | string = headersOf(read);
  if (typeof found === 'string') throw new Problem(found);
  const pairs: { key: string; value: string }[] = [];
  for (const { key, text } of found) {
    if (pairs.some((pair) => pair.key.toLowerCase() === key.toLowerCase()))
      throw new Problem(`gives the header ${key} twice`);
    pairs.push({ key, value: await expandHeader(text, source) });
  }
  return pairs;
};

const expandAll = async (members: Readonly<Record<string, string>>, source: VariableSource) =>
  Object.fromEntries(
    await Promise.all(Object.entries(members).map(async ([key, text]) => [key, await expand(text, source)] as const)),
  );

/** Our own word, which no client has. */
const eraOf = (era: unknown): Pick<GatewayBody, 'era'> => {
  if (era === undefined) return {};
  if (era !== 'auto' && era !== 'modern' && era !== 'legacy')
    throw new Problem('has an era other than auto, modern and legacy');
  return { era };
};

const timeoutOf = (seconds: unknown): { readonly timeoutMs?: number } => {
  if (seconds === undefined) return {};
  if (typeof seconds !== 'number' || !(seconds > 0))
    throw new Problem('has a tool_timeout_sec that is no number of seconds');
  return { timeoutMs: Math.ceil(seconds * 1_000) };
};
