import { readFileSync } from 'node:fs';
import { fail } from '#libs/errors';

/** Texts in PEM, as `node:tls` takes them. */
export interface TlsTexts {
  /** Authorities that the other side's certificate is checked with; absent: those that Node.js knows. */
  readonly ca?: string;
  /** What this side shows. */
  readonly cert?: string;
  readonly key?: string;
}

/** By the name of a setting: the path that it holds. */
export type TlsPaths = Readonly<Record<'ca' | 'cert' | 'key', readonly [setting: string, path: string | null]>>;

/**
 * Reads the files. Throws `config.invalid` for one that cannot be read, for a certificate without its key or the other way
 * round, and for any of them where `isUsed` is false: the connection that they are for is not encrypted.
 */
export const readTlsFiles = (paths: TlsPaths, isUsed: boolean): TlsTexts => {
  const given = Object.entries(paths).filter(([, [, path]]) => path !== null);
  if (given.length > 0 && !isUsed)
    throw fail('config.invalid', { message: `${given[0]?.[1][0]} is for TLS, which the URL does not ask for` });
  if ((paths.cert[1] === null) !== (paths.key[1] === null))
    throw fail('config.invalid', { message: `${paths.cert[0]} and ${paths.key[0]} belong together` });
  return Object.fromEntries(given.map(([member, [setting, path]]) => [member, readSettingFile(setting, path ?? '')]));
};

/** The text of a file that a setting names. Throws `config.invalid`. */
export const readSettingFile = (setting: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fail('config.invalid', {
      message: `${setting}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`,
    });
  }
};
