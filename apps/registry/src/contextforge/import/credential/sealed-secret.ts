import { argon2, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { fail } from '#libs/errors';
import { ConcurrencyLimiter } from '#libs/resilience';
import { isObject } from '../../file-entry.js';
import { unopened } from './sealed-value.js';

const derive = promisify(argon2);

/** One after the other: each takes as much memory as the file says. */
const turns = new ConcurrencyLimiter({ max: 1, maxPerKey: 1, queueMax: 1_000, waitMs: 600_000 }, () =>
  fail('http.overloaded'),
);
const EVERYBODY = '';

const MARK = 'v2:';
const CHARS_MAX = 65_536;
const SALT = /^[A-Za-z0-9+/]{11,86}={0,2}$/;
const TOKEN = /^gAAAA[A-Za-z0-9_-]+={0,2}$/;
/** Of the costs that a file may ask for: some times its defaults (3 passes over 64 MiB, 1 lane). */
const COSTS_MAX = { t: 10, m: 262_144, p: 8 };
const KEY_BYTES = 32;
/** Version and time. https://github.com/fernet/spec/blob/master/Spec.md */
const HEAD_BYTES = 9;
const IV_BYTES = 16;
const HMAC_BYTES = 32;

interface Bundle {
  readonly costs: { readonly passes: number; readonly memory: number; readonly parallelism: number };
  readonly salt: Buffer;
  readonly token: string;
}

/**
 * A secret of an `oauth_config`: as it stands, or where ContextForge sealed it, opened: a Fernet token under a key that
 * Argon2id makes of its AUTH_ENCRYPTION_SECRET, with costs and salt beside it. Rejects with `http.invalid` and a sentence that
 * quotes nothing. Takes the memory that the file asks for, up to 256 MiB.
 */
export const openSecret = async (given: string, secret: string | undefined): Promise<string> => {
  const isSealed = given.startsWith(MARK) || given.startsWith('gAAAA') || /^\{.*"kdf"/s.test(given);
  if (!isSealed) return given;
  if (secret === undefined) throw unopened('its client secret is sealed, and no secret was given to open it with');
  const { costs, salt, token } = bundleOf(given);
  await turns.acquire(EVERYBODY, () => false);
  try {
    const key = await derive('argon2id', { message: secret, nonce: salt, tagLength: KEY_BYTES, ...costs });
    return opened(Buffer.from(token, 'base64url'), key);
  } finally {
    turns.release(EVERYBODY);
  }
};

const bundleOf = (given: string): Bundle => {
  if (given.length > CHARS_MAX) throw unreadable();
  const bundle = parsed(given.startsWith(MARK) ? given.slice(MARK.length) : given);
  const { kdf, t, m, p, salt, token } = bundle;
  if (kdf !== 'argon2id' || typeof salt !== 'string' || !SALT.test(salt)) throw unreadable();
  if (typeof token !== 'string' || !TOKEN.test(token)) throw unreadable();
  if (!isCost(t, COSTS_MAX.t) || !isCost(m, COSTS_MAX.m) || !isCost(p, COSTS_MAX.p) || m < 8 * p) throw unreadable();
  return { costs: { passes: t, memory: m, parallelism: p }, salt: Buffer.from(salt, 'base64'), token };
};

const isCost = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Of the form before that one nothing says by which costs its key was made.
  }
  throw unreadable();
};

const opened = (bytes: Buffer, key: Buffer): string => {
  const body = bytes.subarray(0, -HMAC_BYTES);
  const sealed = body.subarray(HEAD_BYTES + IV_BYTES);
  if (sealed.length === 0) throw unreadable();
  const mac = createHmac('sha256', key.subarray(0, KEY_BYTES / 2))
    .update(body)
    .digest();
  if (!timingSafeEqual(mac, bytes.subarray(-HMAC_BYTES)))
    throw unopened('its client secret was sealed with another secret');
  const decipher = createDecipheriv(
    'aes-128-cbc',
    key.subarray(KEY_BYTES / 2),
    body.subarray(HEAD_BYTES, HEAD_BYTES + IV_BYTES),
  );
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch {
    throw unreadable();
  }
};

const unreadable = () => unopened('its client secret is not one that ContextForge sealed');
