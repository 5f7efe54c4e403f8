import { describeOptions, type Options } from '#libs/config';
import { platformOptions } from '#libs/service';
import { parts } from './parts.js';

const BRIDGES = [
  'connect URL [--token TOKEN]                      a stdio server that relays to an MCP URL; also SWITCHYARD_TOKEN',
  'expose [--port N] [--host H] [--allow-host NAME]… [--token TOKEN] -- COMMAND ARGS…',
  '                                                 puts a stdio server on HTTP at /mcp',
];

export const usage = (commandLines: readonly string[]): string =>
  [
    'Usage: npm start -- [--demo] [--import FILE]      starts the gateway',
    '       npm run -s switchyard -- COMMAND',
    '',
    '  --demo          registers the reference MCP server and calls a tool of it, once per protocol era',
    '  --import FILE   registers the servers of an mcp.json',
    '  --help          this text, with every setting',
    '  --version       the version',
    '',
    'Commands:',
    ...[...commandLines, ...BRIDGES].map((line) => `  ${line}`),
  ].join('\n');

/** Every setting, grouped by who reads it. A setting that several services read is shown once. */
export const settingsHelp = (): string => {
  const shown = new Set(Object.keys(platformOptions));
  const groups = parts.map((part) => {
    const own: Options = Object.fromEntries(
      Object.entries(part.options as Options).filter(([name]) => !shown.has(name)),
    );
    for (const name of Object.keys(own)) shown.add(name);
    return { title: part.name, options: own };
  });
  return [
    'Settings, given as environment variables:',
    section('every service', platformOptions),
    ...groups.map((group) => section(group.title, group.options)),
  ].join('\n\n');
};

const section = (title: string, options: Options): string =>
  `${title}\n${describeOptions(options)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}`;
