import { parseArgs } from 'node:util';
import { ExposedServer, type ExposedServerSettings } from './exposed-server.js';

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const DEFAULT_PORT = 8000;
const PORT_MAX = 65_535;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export const exposeChoices = (args: readonly string[], env: Environment): Omit<ExposedServerSettings, 'log'> => {
  const end = args.indexOf('--');
  const [command, ...programArgs] = end < 0 ? [] : args.slice(end + 1);
  if (command === undefined) throw new Error('expose needs a command after --');
  const { values } = parseArgs({
    args: args.slice(0, end),
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: String(DEFAULT_PORT) },
      token: { type: 'string' },
      'allow-host': { type: 'string', multiple: true, default: [] },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) throw new Error(`--port ${values.port} is not a port`);
  const token = values.token ?? env['SWITCHYARD_TOKEN'] ?? null;
  if (token === null && !LOOPBACK.has(values.host)) {
    throw new Error(`--host ${values.host} lets others in: give a --token (or SWITCHYARD_TOKEN) that they must bring`);
  }
  // Ours is not the program's.
  const { SWITCHYARD_TOKEN: _, ...programEnv } = env;
  return {
    program: { command, args: programArgs, env: programEnv },
    host: values.host,
    port,
    allowedHosts: values['allow-host'],
    token,
  };
};

/** Serves a stdio server on HTTP until it is told to stop. */
export const expose = async (choices: Omit<ExposedServerSettings, 'log'>): Promise<void> => {
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
