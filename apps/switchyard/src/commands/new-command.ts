import { Command, type CommanderError } from 'commander';
import { UsageError } from '../terminal/failure.js';

/** An empty command. Whatever is wrong with its words is thrown as a `UsageError`; nothing is printed but its help. */
export const newCommand = (name: string): Command => {
  const command = new Command(name);
  return command
    .enablePositionalOptions()
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeErr: () => {} })
    .exitOverride((error) => {
      if (error.exitCode === 0) throw error;
      throw new UsageError(sentenceOf(command, error));
    });
};

/** Without the program's own name. */
const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

const sentenceOf = (command: Command, { code, message }: CommanderError): string => {
  const path = pathOf(command);
  const [, quoted = ''] = /'(.*?)'/.exec(message) ?? [];
  const [, near] = /\(Did you mean (.+)\?\)/.exec(message) ?? [];
  // Starting needs no word, so its help is the program's.
  const help = path === '' || path === 'start' ? '--help' : `${path} --help`;
  const hint = near === undefined ? `see ${help}` : `did you mean ${near}? See ${help}`;
  switch (code) {
    case 'commander.unknownOption':
      return `"${quoted}" is not understood; ${hint}`;
    case 'commander.unknownCommand':
      return `"${`${path} ${quoted}`.trim()}" is not a command; ${near === undefined ? 'see --help' : hint}`;
    case 'commander.missingArgument':
      return `${path} needs ${quoted.toUpperCase()}; ${hint}`;
    case 'commander.optionMissingArgument':
      return `${quoted.replace(/[<[].*/, '').trim()} needs a value; ${hint}`;
    case 'commander.help':
      return `${path} needs one of ${command.commands.map((sub) => sub.name()).join(', ')}; ${hint}`;
    default:
      return `${message.replace(/^error: /, '').replace(/\.$/, '')}; ${hint}`;
  }
};

/** Verbs that people type who know them from elsewhere. */
const SYNONYMS: Readonly<Record<string, string>> = { ls: 'list', rm: 'remove' };

/** A noun, whose verbs say what is done with it. */
export const nounCommand = (name: string, description: string, ...verbs: readonly Command[]): Command => {
  const command = newCommand(name).description(description).helpCommand(false);
  for (const verb of verbs) {
    const synonym = SYNONYMS[verb.name()];
    command.addCommand(synonym === undefined ? verb : verb.alias(synonym));
  }
  return command;
};
