import { readFileSync } from 'node:fs';
import { readInput } from './ask.js';
import { CommandFailure } from './failure.js';

/** The first line of a file, or for "-" of standard input. Throws a sentence where it cannot be read. */
export const secretLine = async (file: string): Promise<string> => {
  try {
    const text = file === '-' ? await readInput() : readFileSync(file, 'utf8');
    return text.split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'too large'})`);
  }
};
