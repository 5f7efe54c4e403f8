import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  NO_CREDENTIAL,
  PresentUpstreamCredential,
  type UpstreamCredential,
} from '#contracts/auth/upstream-credential.request';
import type { Bus } from '#libs/bus';
import type { Access } from '../transport/channel.js';
import { accessOf } from './access.js';
import { SingleFlight } from './single-flight.js';

/** A cached credential is asked for again after this, in the background; events make it new at once. */
const FRESH_MS = 60_000;
const ACCESSES_MAX = 10_000;

interface CachedAccess {
  readonly access: Access;
  askedAtMs: number;
}

/** What each upstream is shown for each principal, as auth says. */
export class UpstreamCredentials {
  private readonly cached = new LRUCache<string, CachedAccess>({ max: ACCESSES_MAX });
  private readonly presenting = new SingleFlight<Access>('auth.unavailable');

  constructor(private readonly bus: Bus) {}

  /** At once when it is cached. Rejects with `auth.unavailable`, or `upstream.refused` for a credential that may not be sent. */
  access(upstreamId: string, principalId: string): Access | Promise<Access> {
    const key = `${upstreamId}\n${principalId}`;
    const known = this.cached.get(key);
    if (known === undefined) return this.present(key, upstreamId, principalId);
    if (performance.now() - known.askedAtMs > FRESH_MS) {
      known.askedAtMs = performance.now();
      void this.present(key, upstreamId, principalId).catch(() => {});
    }
    return known.access;
  }

  drop(upstreamId: string): void {
    for (const key of this.cached.keys()) if (key.startsWith(`${upstreamId}\n`)) this.cached.delete(key);
  }

  /** Events may have been missed: everything is asked for again when it is used next. */
  invalidate(): void {
    for (const known of this.cached.values()) known.askedAtMs = Number.NEGATIVE_INFINITY;
  }

  private present(key: string, upstreamId: string, principalId: string): Promise<Access> {
    return this.presenting.ask(
      key,
      () => this.bus.ask(PresentUpstreamCredential, { upstreamId, principalId }),
      ({ head }) => {
        const access = accessOf(head.credential, head.version);
        this.cached.set(key, { access, askedAtMs: performance.now() });
        return access;
      },
    );
  }
}

/** What to show an upstream for a credential that auth has not stored yet. */
export const accessFor = (credential: UpstreamCredential | null): Access =>
  accessOf(credential, credential === null ? NO_CREDENTIAL : givenVersion(credential));

const givenVersion = (credential: UpstreamCredential): string =>
  `given ${createHash('sha256').update(JSON.stringify(credential)).digest('base64url')}`;
