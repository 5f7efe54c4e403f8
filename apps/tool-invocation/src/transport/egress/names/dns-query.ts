import { Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';

/** What name servers say of a name, and for how long it is good. */
export interface NameAnswer {
  readonly addresses: readonly LookupAddress[];
  readonly ttlSeconds: number;
}

/** The name servers have answered, and there is no such address. */
export class NoSuchName extends Error {}

const TRY_MS = 600;
const TRIES = 2;
/** How long one family that has an answer waits for the other: RFC 8305, section 3. */
const RESOLUTION_DELAY_MS = 50;
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks the name servers for the first of `names` that exists, over sockets of its own: nothing that another name does is
 * felt. `servers` empty: those of the system. Rejects with `NoSuchName`, or with the error of the resolver.
 */
export const queryNames = async (
  names: readonly string[],
  servers: readonly string[],
  signal: AbortSignal,
): Promise<NameAnswer> => {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (const name of names) {
      signal.throwIfAborted();
      const answer = await queryName(resolver, name);
      if (answer !== undefined) return answer;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    // What the slower family still waits for.
    resolver.cancel();
  }
  throw new NoSuchName(`no name server knows ${names.join(', ')}`);
};

/** A name that fails otherwise than by not existing ends the search: the next could be somebody else's. */
const queryName = async (resolver: Resolver, name: string): Promise<NameAnswer | undefined> => {
  const found: { address: string; family: number; ttl: number }[] = [];
  const failures: NodeJS.ErrnoException[] = [];
  const ask = async (family: 4 | 6): Promise<void> => {
    try {
      const records = await (family === 4
        ? resolver.resolve4(name, { ttl: true })
        : resolver.resolve6(name, { ttl: true }));
      for (const { address, ttl } of records) found.push({ address, family, ttl });
    } catch (error) {
      failures.push(error as NodeJS.ErrnoException);
      throw error;
    }
  };
  const both = [ask(4), ask(6)];
  const all = Promise.allSettled(both);
  await Promise.any(both).then(
    () => Promise.race([all, delay(RESOLUTION_DELAY_MS, undefined, { ref: false })]),
    () => {},
  );
  if (found.length > 0) {
    // IPv4 first: of hosts with both, the more have a way there.
    const addresses = found.map(({ address, family }) => ({ address, family })).sort((a, b) => a.family - b.family);
    return { addresses, ttlSeconds: Math.min(...found.map(({ ttl }) => ttl)) };
  }
  const failure = failures.find(({ code }) => !ABSENT.has(code ?? ''));
  if (failure !== undefined) throw failure;
  return undefined;
};
