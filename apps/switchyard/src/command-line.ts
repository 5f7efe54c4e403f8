import { type Command, CommanderError } from 'commander';
import { GatewayError } from '#libs/errors';
import { maskText } from '#libs/telemetry';
import { UsageError, newCommand } from './commands/new-command.js';

interface CommandEntry {
  readonly summary: string;
  /** Loads what the command needs. A relay like `connect` is started by a client that waits, and needs no gateway. */
  readonly load: () => Promise<Command>;
}

const entries: Readonly<Record<string, CommandEntry>> = {
  start: {
    summary: 'start the gateway, as no command at all does',
    load: async () => (await import('./commands/start/start.command.js')).startCommand(),
  },
  open: {
    summary: 'open the admin console',
    load: async () => (await import('./commands/open/open.command.js')).openCommand(),
  },
  import: {
    summary: 'register the servers of an mcp.json',
    load: async () => (await import('./commands/import/import.command.js')).importCommand(),
  },
  token: {
    summary: 'token create prints a new token',
    load: async () => (await import('./commands/auth/auth.command.js')).tokenCommand(),
  },
  user: {
    summary: 'user create makes a user',
    load: async () => (await import('./commands/auth/auth.command.js')).userCommand(),
  },
  can: {
    summary: 'whether a user may call a tool, and why',
    load: async () => (await import('./commands/can/can.command.js')).canCommand(),
  },
  changes: {
    summary: 'decide on tools that upstreams have changed',
    load: async () => (await import('./commands/changes/changes.command.js')).changesCommand(),
  },
  tap: {
    summary: 'show calls as they happen',
    load: async () => (await import('./commands/tap/tap.command.js')).tapCommand(),
  },
  audit: {
    summary: 'whether the audit trail is as it was written',
    load: async () => (await import('./commands/audit/audit.command.js')).auditCommand(),
  },
  secrets: {
    summary: 'encrypt upstream credentials anew',
    load: async () => (await import('./commands/auth/auth.command.js')).secretsCommand(),
  },
  migrate: {
    summary: 'bring the database up to date before an upgrade',
    load: async () => (await import('./commands/migrate/migrate.command.js')).migrateCommand(),
  },
  connect: {
    summary: 'be a stdio server that relays to an MCP URL',
    load: async () => (await import('./commands/connect/connect.command.js')).connectCommand(),
  },
  expose: {
    summary: 'put a stdio server on HTTP',
    load: async () => (await import('./commands/expose/expose.command.js')).exposeCommand(),
  },
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** `switchyard …`: without a command, the gateway starts. Ends the process with 1 when the command fails. */
export const runCommandLine = async (args: readonly string[]): Promise<void> => {
  try {
    const words = commandWords(args);
    const program = await programFor(words);
    if (words[0] === '--help') {
      const { settingsHelp } = await import('./commands/help/settings-help.js');
      print(`${program.helpInformation()}\n${settingsHelp()}`);
    } else await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.stderr.write(`switchyard: ${maskText(messageOf(error))}\n`);
    process.exit(1);
  }
};

const SPELLINGS: Readonly<Record<string, string>> = { '-h': '--help', '-v': 'version', '--version': 'version' };

/** What stands first is a command afterwards, or `--help`. */
const commandWords = (args: readonly string[]): readonly string[] => {
  const [first, ...rest] = args;
  if (first === undefined) return ['start'];
  const word = SPELLINGS[first] ?? first;
  if (word === 'help' && rest[0] !== undefined && rest[0] in entries) return [...rest, '--help'];
  return word.startsWith('-') && word !== '--help' ? ['start', ...args] : [word, ...rest];
};

/** The program with all its commands by name, of which only the chosen one is loaded. */
const programFor = async (words: readonly string[]): Promise<Command> => {
  const program = newCommand('switchyard')
    .usage('[--demo] [--import FILE]\n       switchyard COMMAND [OPTIONS]')
    .description('An MCP gateway: one URL for many MCP servers, in both protocol eras.')
    .helpCommand(false)
    // So that all commands fit a screen; each has its own options.
    .configureHelp({ visibleOptions: () => [] })
    .addHelpText('after', '\nFrom a checkout, write "npm run -s switchyard --" for "switchyard".');
  for (const [name, { summary, load }] of Object.entries(entries)) {
    program.addCommand((name === words[0] ? await load() : newCommand(name)).summary(summary));
  }
  program.addCommand(
    newCommand('help')
      .summary('of a command, or: help settings [NAME...]')
      .argument('[topic]')
      .argument('[names...]')
      .usage('[COMMAND | settings [NAME...]]')
      .action((topic?: string, names: readonly string[] = []) => showHelp(program, topic, names)),
  );
  program.addCommand(
    newCommand('version')
      .summary('print the version')
      .action(async () => print((await import('#libs/service')).VERSION)),
  );
  return program;
};

const showHelp = async (program: Command, topic: string | undefined, names: readonly string[]): Promise<void> => {
  if (topic === undefined) return program.outputHelp();
  if (topic !== 'settings') throw new Error(`There is no help on "${topic}"; see help`);
  const { settingsHelp } = await import('./commands/help/settings-help.js');
  print(settingsHelp(names));
};

/** Commands fail with sentences; what is not one of ours keeps its stack for whoever mends it. */
const messageOf = (error: unknown): string => {
  if (error instanceof GatewayError || error instanceof UsageError) return error.message;
  if (error instanceof Error && error.constructor === Error) return error.message;
  return error instanceof TypeError && 'code' in error
    ? error.message
    : String(error instanceof Error ? error.stack : error);
};
