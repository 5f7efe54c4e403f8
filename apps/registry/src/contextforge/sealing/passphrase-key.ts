import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { fail } from '#libs/errors';
import { ConcurrencyLimiter } from '#libs/resilience';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** One after the other: each takes some ten megabytes. */
const turns = new ConcurrencyLimiter({ max: 1, maxPerKey: 1, queueMax: 100, waitMs: 30_000 }, () =>
  fail('http.overloaded'),
);
const EVERYBODY = '';

const KEY_BYTES = 32;
/** Tells a wrong passphrase from a credential that somebody has changed. */
const CHECK_BYTES = 8;
const SALT_BYTES = 16;
/** 2^15 · 8: 32 MiB, three times. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt */
const COSTS = { logN: 15, r: 8, p: 3 };
/** What a file may ask for: twice the memory. */
const LOG_N = { min: 14, max: 16 };
const P_MAX = 4;
const MEMORY_MAX = 96 * 1024 * 1024;
const HEAD = /^scrypt1\$(\d{1,2})\$8\$(\d)\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{11})\$/;

/** A key that was made of a passphrase, and the words that say how. */
export interface PassphraseKey {
  readonly key: Buffer;
  /** Begins each text that is sealed with it: `scrypt1$logN$r$p$salt$check$`. */
  readonly head: string;
}

/** A new key. */
export const newKey = (passphrase: string): Promise<PassphraseKey> =>
  keyOf(passphrase, randomBytes(SALT_BYTES), COSTS.logN, COSTS.p);

/** The head of a sealed text; null where it is none. */
export const headOf = (sealed: string): string | null => HEAD.exec(sealed)?.[0] ?? null;

/** Throws `http.invalid` for costs that are no such, and for another passphrase. */
export const keyFor = async (passphrase: string, head: string): Promise<PassphraseKey> => {
  const [, logN = '', p = '', salt = '', check = ''] = HEAD.exec(head) ?? [];
  const costs = { logN: Number(logN), p: Number(p) };
  if (costs.logN < LOG_N.min || costs.logN > LOG_N.max || costs.p < 1 || costs.p > P_MAX)
    throw fail('http.invalid', { message: 'The file asks for other costs of its passphrase than are taken' });
  const made = await keyOf(passphrase, Buffer.from(salt, 'base64url'), costs.logN, costs.p);
  const given = Buffer.from(check, 'base64url');
  const own = Buffer.from(HEAD.exec(made.head)?.[4] ?? '', 'base64url');
  if (given.length !== own.length || !timingSafeEqual(given, own))
    throw fail('http.invalid', {
      message: 'passphrase is not the one that the credentials of the file were sealed with',
    });
  return made;
};

const keyOf = async (passphrase: string, salt: Buffer, logN: number, p: number): Promise<PassphraseKey> => {
  await turns.acquire(EVERYBODY, () => false);
  try {
    const options = { N: 2 ** logN, r: COSTS.r, p, maxmem: MEMORY_MAX };
    const bytes = await derive(passphrase.normalize('NFC'), salt, KEY_BYTES + CHECK_BYTES, options);
    const check = bytes.subarray(KEY_BYTES).toString('base64url');
    const head = `scrypt1$${logN}$${COSTS.r}$${p}$${salt.toString('base64url')}$${check}$`;
    return { key: bytes.subarray(0, KEY_BYTES), head };
  } finally {
    turns.release(EVERYBODY);
  }
};
