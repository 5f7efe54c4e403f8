import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { UPSTREAM_AUTHORIZATION } from '#contracts/registry/passed-headers.rules';
import type { Access, Redact } from '../../transport/channel.js';
import { redactor, secretsIn } from '../access.js';

type Passed = Readonly<Record<string, string>>;

/** Of one credential. */
const ACCESSES_MAX = 1_000;
const ACCESSES_CHARS_MAX = 1_000_000;
const ACCESS_TTL_MS = 3_600_000;
/** Stands between the version of a credential and what goes with it; no version of a credential has it. */
const WITH = '~';

/** Of an access's version, that of the credential in it. */
export const credentialVersionOf = (version: string): string => version.split(WITH, 1)[0] ?? version;

/** Of an access's version, that of the headers of a client in it; empty: none. */
export const passedVersionOf = (version: string): string => version.split(WITH, 2)[1] ?? '';

/**
 * What upstreams are shown for calls with headers of their clients: a version of its own for each set of values, so that
 * whoever sends others shares no conversation, session or process with it.
 */
export class PassedAccesses {
  /** Versions are seen in more places than values, and so say nothing of them outside this process. */
  private readonly key = randomBytes(32);
  private readonly known = new WeakMap<Access, LRUCache<string, Access>>();

  /** The same version for the same values, and the same object where it is still remembered. */
  with(access: Access, passed: Passed): Access {
    const entries = Object.entries(passed).toSorted(([one], [other]) => (one < other ? -1 : 1));
    const digest = createHmac('sha256', this.key).update(JSON.stringify(entries)).digest('base64url').slice(0, 22);
    let accesses = this.known.get(access);
    if (accesses === undefined) {
      accesses = new LRUCache<string, Access>({
        max: ACCESSES_MAX,
        maxSize: ACCESSES_CHARS_MAX,
        ttl: ACCESS_TTL_MS,
        ttlAutopurge: true,
      });
      this.known.set(access, accesses);
    }
    let shown = accesses.get(digest);
    if (shown === undefined) {
      shown = new PassedAccess(access, digest, entries);
      accesses.set(digest, shown, { size: digest.length + entries.flat().join('').length });
    }
    return shown;
  }
}

/** A credential with headers of a client beside it. Where both have one, the credential's stands, but for Authorization. */
class PassedAccess implements Access {
  readonly version: string;
  private readonly passed: readonly string[];
  private readonly isAuthorized: boolean;
  private readonly redactPassed: Redact;
  private joined: { readonly of: readonly string[]; readonly headers: readonly string[] } | undefined;

  constructor(
    private readonly shown: Access,
    digest: string,
    entries: readonly (readonly [string, string])[],
  ) {
    this.version = `${shown.version}${WITH}${digest}`;
    this.passed = entries.flatMap(([name, value]) => [name === UPSTREAM_AUTHORIZATION ? 'authorization' : name, value]);
    this.isAuthorized = entries.some(([name]) => name === UPSTREAM_AUTHORIZATION);
    this.redactPassed = redactor(secretsIn(this.passed));
  }

  /** Read for every request, as a renewed token makes another list of them. */
  get headers(): readonly string[] {
    const { headers } = this.shown;
    if (this.joined?.of !== headers) this.joined = { of: headers, headers: this.join(headers) };
    return this.joined.headers;
  }

  get env(): Access['env'] {
    return this.shown.env;
  }

  get query(): Access['query'] {
    return this.shown.query;
  }

  get documentQuery(): Access['documentQuery'] {
    return this.shown.documentQuery;
  }

  get args(): Access['args'] {
    return this.shown.args;
  }

  get tls(): Access['tls'] {
    return this.shown.tls;
  }

  get tokenId(): Access['tokenId'] {
    return this.isAuthorized ? undefined : this.shown.tokenId;
  }

  get renew(): Access['renew'] {
    return this.isAuthorized ? undefined : this.shown.renew;
  }

  get widen(): Access['widen'] {
    return this.isAuthorized ? undefined : this.shown.widen;
  }

  get idKeys(): Access['idKeys'] {
    return this.shown.idKeys;
  }

  get redact(): Redact {
    const { redact } = this.shown;
    return (json) => redact(this.redactPassed(json));
  }

  private join(own: readonly string[]): readonly string[] {
    const kept = this.isAuthorized ? without(own, (name) => name === 'authorization') : own;
    const names = new Set(kept.filter((_, index) => index % 2 === 0));
    return [...kept, ...without(this.passed, (name) => names.has(name))];
  }
}

const without = (headers: readonly string[], isLeftOut: (name: string) => boolean): readonly string[] =>
  headers.filter((_, index) => !isLeftOut(headers[index - (index % 2)] as string));
