import { processEnvironment } from '#libs/config';
import { GatewayError } from '#libs/errors';
import { createLogger, maskText } from '#libs/telemetry';
import type { StartChoices } from './start-gateway.js';

interface Command {
  /** The first words that choose it. */
  readonly words: readonly string[];
  readonly run: (args: readonly string[]) => Promise<void>;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * What stands first in a command line that does not start the gateway. New commands are added here. Each loads what it
 * needs when it runs: a relay like `connect` is started by a client that waits for it, and needs no gateway.
 */
const commands: readonly Command[] = [
  { words: ['--help', '-h', 'help'], run: () => help() },
  { words: ['--version', '-v', 'version'], run: async () => print((await import('#libs/service')).VERSION) },
  { words: ['token', 'user', 'secrets'], run: (args) => runAuth(args) },
  {
    words: ['connect'],
    run: async ([, ...args]) => {
      const { connect, connectChoices } = await import('./bridges/connect.js');
      await connect(connectChoices(args, processEnvironment()));
    },
  },
  {
    words: ['expose'],
    run: async ([, ...args]) => {
      const { expose, exposeChoices } = await import('./bridges/expose.js');
      await expose(exposeChoices(args, processEnvironment()));
    },
  },
];

/** `switchyard …`: without a command, the gateway starts. */
export const runCommandLine = async (args: readonly string[]): Promise<void> => {
  const command = commands.find(({ words }) => words.includes(args[0] ?? ''));
  try {
    if (command === undefined) await (await import('./start-gateway.js')).startGateway(startChoices(args));
    else await command.run(args);
  } catch (error) {
    process.stderr.write(`switchyard: ${maskText(messageOf(error))}\n`);
    process.exit(1);
  }
};

const startChoices = (args: readonly string[]): StartChoices => {
  let demo = false;
  let importFile: string | null = null;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--demo') demo = true;
    else if (arg.startsWith('--import=')) importFile = arg.slice('--import='.length);
    else if (arg === '--import') importFile = args[++at] ?? '';
    else throw new Error(`"${arg}" is not understood; see --help`);
  }
  if (importFile === '') throw new Error('--import needs the path of an mcp.json');
  return { demo, importFile };
};

const help = async (): Promise<void> => {
  const [{ authUsage }, { settingsHelp, usage }] = await Promise.all([import('#apps/auth'), import('./help.js')]);
  print(`${usage(authUsage)}\n\n${settingsHelp()}`);
};

const runAuth = async (args: readonly string[]): Promise<void> => {
  const { runAuthCommand } = await import('#apps/auth');
  const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
  const answer = await runAuthCommand(args, { env: processEnvironment(), logger, readStdin });
  if (answer === null) throw new Error(`"${args.slice(0, 2).join(' ')}" is not a command; see --help`);
  print(answer);
};

const readStdin = async (): Promise<string> => {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text;
};

/** Commands fail with sentences; what is not one of ours keeps its stack for whoever mends it. */
const messageOf = (error: unknown): string => {
  if (error instanceof GatewayError || (error instanceof Error && error.constructor === Error)) return error.message;
  return error instanceof TypeError && 'code' in error
    ? error.message
    : String(error instanceof Error ? error.stack : error);
};
