import { readFileSync } from 'node:fs';

const UNKNOWN_LIMIT = 16_384;

/** How many files and sockets this process may hold open. */
export const descriptorLimit = (): number => {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match === null ? UNKNOWN_LIMIT : Number(match[1]);
  } catch {
    return UNKNOWN_LIMIT;
  }
};
