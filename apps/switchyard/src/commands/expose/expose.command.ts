import { type Command, Option } from 'commander';
import { processEnvironment } from '#libs/config';
import { UsageError } from '../../terminal/failure.js';
import { newCommand } from '../new-command.js';
import { ExposedServer, type ExposedServerSettings } from './exposed-server.js';

interface ExposeOptions {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly token?: string;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const DEFAULT_PORT = 8000;
const PORT_MAX = 65_535;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Serves a stdio server on HTTP until it is told to stop. */
const expose = async (choices: Omit<ExposedServerSettings, 'log'>): Promise<void> => {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const server = new ExposedServer({
    ...choices,
    log: (line) => void process.stderr.write(`switchyard expose: ${line}\n`),
  });
  for (const signal of SIGNALS) process.on(signal, () => end());
  const url = await server.start();
  process.stdout.write(`${choices.program.command} is exposed at ${url}\n`);
  await over;
  await server.stop();
};

export const exposeCommand = (): Command =>
  newCommand('expose')
    .usage('[OPTIONS] -- COMMAND [ARGS...]')
    .description(
      'Puts a stdio server on Streamable HTTP at /mcp, without a gateway. Each session gets a process of COMMAND, which ' +
        'ends with it; clients of 2026-07-28 share one.',
    )
    .passThroughOptions()
    .argument('<command...>', 'the program that speaks MCP on stdio, and its arguments')
    .option('--port <port>', 'to listen on; 0 for any', parsePort, DEFAULT_PORT)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option(
      '--allow-host <name>',
      'a name that requests may give as Host; may stand more than once',
      (name: string, names: readonly string[] | undefined) => [...(names ?? []), name],
    )
    .addOption(new Option('--token <token>', 'that clients must bring').env('SWITCHYARD_TOKEN'))
    .action(
      async ([command = '', ...args]: readonly string[], { host, port, allowHost = [], token }: ExposeOptions) => {
        if (token === undefined && !LOOPBACK.has(host)) {
          throw new UsageError(
            `--host ${host} lets others in: give a --token (or SWITCHYARD_TOKEN) that they must bring`,
          );
        }
        // Ours is not the program's.
        const { SWITCHYARD_TOKEN: _, ...env } = processEnvironment();
        await expose({ program: { command, args, env }, host, port, allowedHosts: allowHost, token: token ?? null });
      },
    );

const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > PORT_MAX) throw new UsageError(`--port ${text} is not a port`);
  return port;
};
