import { existsSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** What a gateway keeps in its data folder, and what a backup of it holds. */
export const KEPT_DATA = ['postgres', 'outbox', 'secrets.json'] as const;

/** Whole data of a gateway that are to take the place of those in the data folder. */
const INCOMING = 'incoming';
const CONTENTS = 'contents.json';

/** Removes one of `KEPT_DATA` from the folder: the database also where it lies elsewhere, as it may for root. */
export const removeKeptData = (folder: string, name: string): void => {
  const home = linkAt(join(folder, name, 'elsewhere'));
  if (home !== null) rmSync(home, { recursive: true, force: true });
  rmSync(join(folder, name), { recursive: true, force: true });
};

/**
 * Puts the data of `from`, a folder beside those of the data folder, in their place. From the rename on they are the gateway's,
 * whatever happens to this process: whoever takes the data folder next finishes it. Only the holder of the lock may call this.
 */
export const replaceKeptData = (folder: string, from: string): void => {
  const names = KEPT_DATA.filter((name) => existsSync(join(from, name)));
  writeFileSync(join(from, CONTENTS), JSON.stringify(names), { mode: 0o600, flush: true });
  renameSync(from, join(folder, INCOMING));
  finishReplacing(folder);
};

/** Does what is left to do of a `replaceKeptData` whose process has ended. */
export const finishReplacing = (folder: string): void => {
  const incoming = join(folder, INCOMING);
  if (!existsSync(join(incoming, CONTENTS))) return;
  const names = JSON.parse(readFileSync(join(incoming, CONTENTS), 'utf8')) as readonly string[];
  for (const name of KEPT_DATA) {
    // Of those that are to come, one that is not here any more has arrived.
    if (names.includes(name) && !existsSync(join(incoming, name))) continue;
    removeKeptData(folder, name);
    if (names.includes(name)) renameSync(join(incoming, name), join(folder, name));
  }
  rmSync(incoming, { recursive: true, force: true });
};

const linkAt = (path: string): string | null => {
  try {
    const target = resolve(join(path, '..'), readlinkSync(path));
    return basename(target).startsWith('postgres-') ? target : null;
  } catch {
    return null;
  }
};
