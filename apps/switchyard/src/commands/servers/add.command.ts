import { readFileSync } from 'node:fs';
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
  readonly passHeader?: readonly string[];
  readonly ca?: string;
  readonly clientCert?: string;
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
    .argument('<target...>', 'its URL, connector://NAME, or after -- a stdio program')
    .option('--env <name=value>', 'for a command; may stand more than once', pairIn('=', '--env'))
    .option('--header <name: value>', 'for a URL; may stand more than once', pairIn(':', '--header'))
    .option(
      '--pass-header <name>',
      "for a URL: a header of callers' to pass on; repeatable",
      (name, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option('--ca <file>', 'for a URL: PEM of the authorities that sign for it')
    .option('--client-cert <file>', 'for a URL: PEM of a certificate to show, and its key')
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
  if (/^(?:https?|connector):\/\//i.test(first)) {
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
      ...certificatesOf(options),
      ...(options.passHeader !== undefined && { passthroughHeaders: options.passHeader }),
    };
  }
  const { header, passHeader, sse, ca, clientCert } = options;
  if ([header, passHeader, sse, ca, clientCert].some((given) => given !== undefined))
    throw new UsageError('--header, --pass-header, --ca, --client-cert and --sse are for URLs');
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

type Certificates = Pick<GatewayBody, 'caCertificate' | 'clientCert' | 'clientKey'>;

const certificatesOf = ({ ca, clientCert }: AddOptions): Certificates => ({
  ...(ca !== undefined && { caCertificate: textOf(ca) }),
  ...(clientCert !== undefined && clientOf(textOf(clientCert))),
});

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/g;

/** What a file with both holds. */
const clientOf = (pem: string): Certificates => ({
  clientCert: pem.replaceAll(PRIVATE_KEY, '').trim(),
  clientKey: (pem.match(PRIVATE_KEY) ?? []).join('\n'),
});

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const pairIn =
  (separator: string, option: string) =>
  (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
    const at = text.indexOf(separator);
    if (at < 1) throw new UsageError(`${option} needs a name, ${separator} and a value`);
    return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
  };
