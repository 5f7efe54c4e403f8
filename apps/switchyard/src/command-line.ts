import { type Command, CommanderError } from 'commander';
import { GatewayError } from '#libs/errors';
import { maskText } from '#libs/telemetry';
import { catalogue, GROUPS, UNLISTED } from './commands/catalogue.js';
import { newCommand } from './commands/new-command.js';
import { CommandFailure, EXIT, UsageError } from './terminal/failure.js';
import { say } from './terminal/output.js';

/**
 * `switchyard …`: without a command, the gateway starts. Resolves with what the process is to end with, when it has nothing
 * left to do: 0, or what `EXIT` says.
 */
export const runCommandLine = async (args: readonly string[]): Promise<number> => {
  try {
    const words = commandWords(args);
    const program = await programFor(words);
    if (words[0] === '--help') {
      const { settingsHelp } = await import('./commands/help/settings-help.js');
      say(`${program.helpInformation()}\n${settingsHelp()}`);
    } else await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    process.stderr.write(`switchyard: ${maskText(messageOf(error))}\n`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.failed;
  }
  return Number(process.exitCode ?? EXIT.ok);
};

const SPELLINGS: Readonly<Record<string, string>> = { '-h': '--help', '-v': 'version', '--version': 'version' };

/** What stands first is a command afterwards, or `--help`. */
const commandWords = (args: readonly string[]): readonly string[] => {
  const [first, ...rest] = args;
  if (first === undefined) return ['start'];
  const word = SPELLINGS[first] ?? first;
  if (word === 'help' && rest[0] !== undefined && Object.hasOwn(catalogue, rest[0])) return [...rest, '--help'];
  return word.startsWith('-') && word !== '--help' ? ['start', ...args] : [word, ...rest];
};

/** The program with all its commands by name, of which only the chosen one is loaded. */
const programFor = async (words: readonly string[]): Promise<Command> => {
  const program = newCommand('switchyard')
    .usage('COMMAND [OPTIONS]')
    .description('An MCP gateway: one URL for many MCP servers, in both protocol eras.')
    .helpCommand(false)
    // So that all commands fit a screen; each has its own options.
    .configureHelp({ formatHelp: overview });
  for (const [name, load] of Object.entries(catalogue)) {
    program.addCommand(name === words[0] ? await load() : newCommand(name), { hidden: UNLISTED.includes(name) });
  }
  program.addCommand(
    newCommand('help')
      .argument('[topic]')
      .argument('[names...]')
      .usage('[COMMAND | settings [NAME...]]')
      .action((topic?: string, names: readonly string[] = []) => showHelp(program, topic, names)),
  );
  program.addCommand(newCommand('version').action(async () => say((await import('#libs/service')).VERSION)));
  return program;
};

const overview = (program: Command): string => {
  const width = Math.max(...GROUPS.map(([names]) => names.length));
  return [
    `Usage: ${program.name()} ${program.usage()}`,
    '',
    program.description(),
    '',
    ...GROUPS.map(([names, about]) => `  ${names.padEnd(width)}  ${about}`),
    '',
  ].join('\n');
};

const showHelp = async (program: Command, topic: string | undefined, names: readonly string[]): Promise<void> => {
  if (topic === undefined) return program.outputHelp();
  if (topic !== 'settings') throw new UsageError(`There is no help on "${topic}"; see help`);
  const { settingsHelp } = await import('./commands/help/settings-help.js');
  say(settingsHelp(names));
};

/** Commands fail with sentences; what is not one of ours keeps its stack for whoever mends it. */
const messageOf = (error: unknown): string => {
  if (error instanceof GatewayError || error instanceof CommandFailure) return error.message;
  if (error instanceof Error && error.constructor === Error) return error.message;
  return error instanceof TypeError && 'code' in error
    ? error.message
    : String(error instanceof Error ? error.stack : error);
};
