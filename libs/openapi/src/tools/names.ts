import { createHash } from 'node:crypto';
import type { Operation } from '../document/document.js';
import { NAME_CHARS_MAX } from './limits.js';

const HASH_CHARS = 8;
/** Below this a name says nothing any more. */
const NAME_CHARS_MIN = 16;

const cleaned = (text: string): string => text.replaceAll(/[^A-Za-z0-9_-]+/g, '_');

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);

/** The name as the operation would have it: its id, else its method and path. */
const wantedName = ({ operationId, method, path }: Pick<Operation, 'operationId' | 'method' | 'path'>): string => {
  const byId = cleaned(operationId ?? '');
  return /[A-Za-z0-9]/.test(byId)
    ? byId
    : cleaned(`${method.toLowerCase()}_${path}`.replaceAll(/[{}]/g, '')).replace(/_+/g, '_').replace(/_$/, '');
};

const withHash = (name: string, key: string, charsMax: number): string =>
  `${name.slice(0, charsMax - HASH_CHARS - 1)}_${hashOf(key)}`;

/**
 * Gives operations names that models' APIs take: letters, digits, `_` and `-`, at most 64 with the gateway's prefix, and
 * different also without regard to case. A name that an operation was given before stays with it.
 */
export class ToolNames {
  readonly #charsMax: number;
  readonly #taken = new Set<string>();

  /** `pinned`: names by operation key, as they were given before. */
  constructor(
    prefixChars = 0,
    private readonly pinned: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#charsMax = Math.max(NAME_CHARS_MIN, NAME_CHARS_MAX - prefixChars);
    for (const name of pinned.values()) this.#taken.add(name.toLowerCase());
  }

  nameFor(operation: Pick<Operation, 'key' | 'operationId' | 'method' | 'path'>): string {
    const before = this.pinned.get(operation.key);
    if (before !== undefined) return before;
    const wanted = wantedName(operation);
    let name = wanted.length > this.#charsMax ? withHash(wanted, operation.key, this.#charsMax) : wanted;
    for (let salt = ''; this.#taken.has(name.toLowerCase()); salt += '#') {
      name = withHash(wanted, `${operation.key}${salt}`, this.#charsMax);
    }
    this.#taken.add(name.toLowerCase());
    return name;
  }
}
