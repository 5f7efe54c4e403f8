import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { ConcurrencyLimiter } from '#libs/resilience';

const derive = promisify(argon2);

const MEMORY_KIB = 65_536;
const PASSES = 3;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** Each takes 64 MiB and a core; logging in must not be a way to take all of either. */
const RUNNING_MAX = 2;
const WAITING_MAX = 32;
const WAIT_MS = 20_000;
/** Whoever an administrator or the command line sets a password for. */
const OURSELVES = '';

/** https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/;

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const encoded = (salt: Buffer, tag: Buffer): string =>
  `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${unpadded(salt)}$${unpadded(tag)}`;

/** Costs what a real hash costs, and matches no password. */
const DECOY = encoded(Buffer.alloc(SALT_BYTES), Buffer.alloc(TAG_BYTES));

/** Passwords at rest: argon2id, as many at a time as the machine bears, and each address in its turn. */
@Injectable()
export class PasswordHasher {
  private readonly pool = new ConcurrencyLimiter(
    { max: RUNNING_MAX, maxPerKey: RUNNING_MAX, queueMax: WAITING_MAX, waitMs: WAIT_MS },
    () => fail('http.overloaded'),
  );

  /** A PHC string. Throws `http.overloaded` when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const tag = await this.inTurn(OURSELVES, () =>
      tagOf(password, salt, { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES }),
    );
    return encoded(salt, tag);
  }

  /** `address`: whose turn it is. Takes the same time without a hash (unknown user, no password set) as with one; the answer is then false. */
  async verify(password: string, hash: string | null, address: string): Promise<boolean> {
    const { costs, salt, tag } = hashParts(hash);
    const given = await this.inTurn(address, () => tagOf(password, salt, costs));
    return given.length === tag.length && timingSafeEqual(given, tag) && hash !== null;
  }

  private async inTurn<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (!this.pool.tryAcquire(owner)) await this.pool.acquire(owner, () => false);
    try {
      return await work();
    } finally {
      this.pool.release(owner);
    }
  }
}

interface Costs {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** What a hash was made with, and what came of it; of the decoy where there is no hash. */
export const hashParts = (hash: string | null): { costs: Costs; salt: Buffer; tag: Buffer } => {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash ?? DECOY) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('a stored password hash is malformed');
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
};

const tagOf = (message: string, nonce: Buffer, costs: Costs): Promise<Buffer> =>
  derive('argon2id', { message, nonce, tagLength: TAG_BYTES, ...costs });
