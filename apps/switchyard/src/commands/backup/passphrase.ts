import { Option } from 'commander';
import { askLine, isAtTerminal } from '../../terminal/ask.js';
import { UsageError } from '../../terminal/failure.js';
import { secretLine } from '../../terminal/secret-line.js';

const CHARACTERS_MIN = 12;

export const passphraseOption = (): Option =>
  new Option('--passphrase-file <file>', 'the first line of it is the passphrase; "-" for standard input');

/** The passphrase that a file names or somebody types, twice where it is a new one. Throws a sentence. */
export const passphraseOf = async (file: string | undefined, isNew: boolean): Promise<string> => {
  const passphrase = file === undefined ? await typed(isNew) : await secretLine(file);
  if (isNew && passphrase.length < CHARACTERS_MIN)
    throw new UsageError(`a passphrase needs at least ${CHARACTERS_MIN} characters: a backup holds every key`);
  return passphrase;
};

const typed = async (isNew: boolean): Promise<string> => {
  if (!isAtTerminal())
    throw new UsageError('a backup holds every key, so it is sealed: give --passphrase-file where nobody can be asked');
  const passphrase = await askLine('Passphrase of the backup: ', true);
  if (isNew && (await askLine('Again: ', true)) !== passphrase) throw new UsageError('these were two passphrases');
  return passphrase;
};
