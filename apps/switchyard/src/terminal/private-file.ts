import { closeSync, fchmodSync, fstatSync, openSync, writeFileSync } from 'node:fs';
import { CommandFailure } from './failure.js';

const OWNER_ALONE = 0o600;

/** Writes a text for the own user alone, also where others could read what was there. Throws a sentence where that cannot be. */
export const writePrivateText = (path: string, text: string): void => {
  try {
    const file = openSync(path, 'w', OWNER_ALONE);
    try {
      // The mode of `open` is of new files alone.
      if (fstatSync(file).isFile()) fchmodSync(file, OWNER_ALONE);
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new CommandFailure(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
};
