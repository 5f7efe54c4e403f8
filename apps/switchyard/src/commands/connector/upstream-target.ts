import { CONNECTOR_NAME_RULE, isConnectorName } from '#libs/connector';
import type { GatewayBody } from '../../gateway/admin-api.js';
import { UsageError } from '../../terminal/failure.js';
import { readServerList } from '../import/server-list.js';

/** What a name leads to: the only thing that the gateway can have asked here. */
export type UpstreamTarget =
  | { readonly kind: 'http'; readonly url: URL; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    };

/** Targets by the names that they are served under. */
export type UpstreamTargets = ReadonlyMap<string, UpstreamTarget>;

const STDIO = 'stdio:';

/** Of `NAME=http://127.0.0.1:9000/mcp` or `NAME=stdio:COMMAND ARGS`. Throws `UsageError`. */
export const targetOf = (text: string): readonly [name: string, target: UpstreamTarget] => {
  const at = text.indexOf('=');
  const [name, target] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  checkName(name);
  if (target.startsWith(STDIO)) {
    const [command = '', ...args] = target.slice(STDIO.length).trim().split(/\s+/);
    if (command === '') throw new UsageError(`--upstream ${name}=stdio: needs a command`);
    return [name, { kind: 'stdio', command, args, env: {}, cwd: undefined }];
  }
  return [name, httpTarget(name, target, {})];
};

/** Of a file of MCP servers, as clients have them. Throws `UsageError`. */
export const targetsIn = async (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<UpstreamTargets> => {
  const targets = new Map<string, UpstreamTarget>();
  for (const { name, body, problem } of await readServerList(path, { env, ask: null })) {
    if (body === undefined) throw new UsageError(`${path}: "${name}" ${problem}`);
    checkName(name);
    targets.set(name, fromBody(name, body));
  }
  return targets;
};

const fromBody = (name: string, body: GatewayBody): UpstreamTarget => {
  const { url, command, args = [], env = {}, cwd, authHeaders = [] } = body;
  if (typeof command === 'string') return { kind: 'stdio', command, args, env, cwd };
  if (body.transport === 'SSE')
    throw new UsageError(`"${name}" speaks HTTP+SSE, which a connector does not carry: only Streamable HTTP and stdio`);
  const headers = authHeaders.map(({ key, value }): [string, string] => [key.toLowerCase(), value]);
  return httpTarget(name, url ?? '', Object.fromEntries(headers));
};

const checkName = (name: string): void => {
  const isName: boolean = isConnectorName(name);
  if (!isName) throw new UsageError(`"${name}" names no upstream behind a connector: ${CONNECTOR_NAME_RULE}`);
};

const httpTarget = (name: string, text: string, headers: Readonly<Record<string, string>>): UpstreamTarget => {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new UsageError(`the upstream "${name}" needs an http or https URL, or stdio:COMMAND`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`the URL of "${name}" must not hold a credential; a --file can give it headers`);
  return { kind: 'http', url, headers };
};
