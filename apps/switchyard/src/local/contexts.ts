import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure, UsageError } from '../terminal/failure.js';
import { configFolder, readPrivate, writePrivate } from './config-folder.js';

/** A gateway elsewhere, and the token that it is shown. */
export interface Context {
  readonly url: string;
  readonly token: string;
}

export interface Contexts {
  /** The name of the one that commands speak to; null for the gateway of this machine. */
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, Context>>;
}

const NONE: Contexts = { current: null, contexts: {} };
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What commands speak to when no context is chosen. */
export const LOCAL = 'local';

export const contextsFile = (): string => join(configFolder(), 'contexts.json');

/** Throws where others can read the file, since it holds tokens. */
export const readContexts = (): Contexts => {
  const path = contextsFile();
  refuseOpenFile(path);
  const { current, contexts } = (readPrivate(path) ?? NONE) as Partial<Contexts>;
  return { current: current ?? null, contexts: contexts ?? {} };
};

export const writeContexts = (contexts: Contexts): void => writePrivate(contextsFile(), contexts);

/** Throws `UsageError` where nothing can be called that. */
export const checkContextName = (name: string): string => {
  if (!NAME.test(name) || name === LOCAL)
    throw new UsageError(`"${name}" is no name for a context: letters, digits, . _ and -, and not "${LOCAL}"`);
  return name;
};

/** Throws `UsageError` where there is none of that name. */
export const contextNamed = ({ contexts }: Contexts, name: string): Context => {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context === undefined) throw new UsageError(`there is no context ${name}; see context ls`);
  return context;
};

const refuseOpenFile = (path: string): void => {
  if (process.platform === 'win32') return;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & 0o077) !== 0)
    throw new CommandFailure(`others can read ${path}, which holds tokens: chmod 600 ${path}`);
};
