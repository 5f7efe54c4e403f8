import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** A path of a file, from its folder; `~` is the home of who runs this. */
export const atHome = (path: string, folder: string): string =>
  resolve(
    folder,
    path.replace(/^~(?=$|[/\\])/, () => homedir()),
  );

/**
 * Where a program starts: where the file says, or in the folder of the project where the program or one of its arguments is
 * a path from there, as clients start it; else the gateway decides.
 */
export const startFolder = (said: string | undefined, words: readonly string[], folder: string): string | undefined => {
  if (said !== undefined) return atHome(said, folder);
  return words.some((word) => isPathFrom(folder, word)) ? folder : undefined;
};

const isPathFrom = (folder: string, word: string): boolean => {
  if (/^\.{1,2}(?:$|[/\\])/.test(word)) return true;
  return /^[\w@][^:]*[./\\]/.test(word) && !word.includes('://') && existsSync(resolve(folder, word));
};
