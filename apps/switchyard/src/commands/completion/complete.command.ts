import type { Command } from 'commander';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { wordsFor } from './words.js';

/** `complete -- WORDS`: what shells ask. Prints what may stand for the last word, one a line. */
export const completeCommand = (catalogue: Readonly<Record<string, () => Promise<Command>>>): Command =>
  newCommand('complete')
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      for (const word of await wordsFor(words, catalogue)) say(word);
    });
