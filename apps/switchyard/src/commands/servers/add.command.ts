import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { GatewayBody } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { UsageError } from '../../terminal/failure.js';
import { jsonOption, type OutputOptions, showOne } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { type Upstream, upstreamText } from './upstream.js';

interface AddOptions extends Asked, OutputOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly header?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly era?: 'auto' | 'modern' | 'legacy';
  readonly sse?: true;
}

/** `servers add NAME URL`, or `servers add NAME -- COMMAND ARGS...`. */
export const addCommand = (): Command =>
  asksGateway(newCommand('add'))
    .summary('register a server by its URL or its command')
    .usage('[OPTIONS] NAME (URL | -- COMMAND [ARGS...])')
    .description(
      'Registers an MCP server: connects to it, lists what it offers, and says what was found or why it fails.',
    )
    .argument('<name>')
    .argument('<target...>', 'its URL, or after -- the program that speaks MCP on stdio')
    .option('--env <name=value>', 'for a command; may stand more than once', pairIn('=', '--env'))
    .option('--header <name: value>', 'for a URL; may stand more than once', pairIn(':', '--header'))
    .option('--cwd <folder>', 'where a command is started')
    .addOption(new Option('--era <era>', 'in which it is spoken to').choices(['auto', 'modern', 'legacy']))
    .option('--sse', 'it speaks HTTP+SSE, of the revision of 2024')
    .addOption(jsonOption())
    .action(async (name: string, target: readonly string[], options: AddOptions) => {
      const body = bodyOf(name, target, options);
      const upstream = await (await reach(options)).post<Upstream>('/v1/gateways', body);
      showOne(upstream, () => upstreamText(upstream), options);
    });

const bodyOf = (name: string, target: readonly string[], options: AddOptions): GatewayBody => {
  const [first = '', ...args] = target;
  const era = options.era === undefined ? {} : { era: options.era };
  if (/^https?:\/\//i.test(first)) {
    if (args.length > 0) throw new UsageError('a URL stands alone; a command comes after --');
    if (options.env !== undefined || options.cwd !== undefined)
      throw new UsageError('--env and --cwd are for commands');
    const headers = Object.entries(options.header ?? {}).map(([key, value]) => ({ key, value }));
    return {
      name,
      url: first,
      transport: options.sse === true ? 'SSE' : 'AUTO',
      ...era,
      ...(headers.length > 0 && { authType: 'authheaders', authHeaders: headers }),
    };
  }
  if (options.header !== undefined || options.sse === true) throw new UsageError('--header and --sse are for URLs');
  return {
    name,
    transport: 'STDIO',
    command: first,
    args,
    ...era,
    ...(options.cwd !== undefined && { cwd: resolve(options.cwd) }),
    ...(options.env !== undefined && { env: options.env }),
  };
};

const pairIn =
  (separator: string, option: string) =>
  (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
    const at = text.indexOf(separator);
    if (at < 1) throw new UsageError(`${option} needs a name, ${separator} and a value`);
    return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
  };
