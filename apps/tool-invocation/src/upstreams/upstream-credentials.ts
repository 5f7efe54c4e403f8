import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  NO_CREDENTIAL,
  PresentUpstreamCredential,
  type UpstreamCredential,
} from '#contracts/auth/upstream-credential.request';
import { WantUpstreamScopes } from '#contracts/auth/oauth/want-upstream-scopes.request';
import type { RequestOf } from '#contracts/define';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { Bus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import type { CarriedJson } from '#libs/mcp';
import { cacheCounts } from '#libs/telemetry';
import type { Access, Redact } from '../transport/channel.js';
import { accessOf } from './access.js';
import { PassedAccesses } from './passed-headers/passed-access.js';
import { SingleFlight } from './single-flight.js';

/** A cached credential is asked for again after this, in the background; events make it new at once. */
const FRESH_MS = 60_000;
const ACCESSES_MAX = 10_000;
const REFUSALS_MAX = 1_000;
/** There is no access any more, whatever was shown before. */
const ENDED = new Set(['upstream.consent_needed', 'upstream.unauthorised']);

const found = cacheCounts('upstream credentials');

interface CachedAccess {
  readonly access: Access;
  /** Milliseconds of `performance.now()`. */
  askAgainAtMs: number;
  /** When its access token is over. */
  readonly endsAtMs: number;
  /** It came of a consent, which may have ended. */
  readonly isPersonal: boolean;
}

type Showing = Pick<UpstreamCall, 'upstreamId' | 'principal' | 'passedHeaders' | 'subjectToken'>;

interface Shown {
  readonly access: Access;
  /** Takes out the last token alone. */
  redact: Redact;
}

/** What each upstream is shown for each principal, as auth says. */
export class UpstreamCredentials {
  private readonly cached = new LRUCache<string, CachedAccess>({ max: ACCESSES_MAX });
  /** By upstream and version: one for all who show the same, so that a renewed token reaches the conversations that others opened. */
  private readonly shown = new LRUCache<string, Shown>({ max: ACCESSES_MAX });
  /** By upstream, or principal where the token is their own: the token that was refused. */
  private readonly refusals = new LRUCache<string, string>({ max: REFUSALS_MAX });
  private readonly passed = new PassedAccesses();
  private readonly presenting = new SingleFlight<Access>('auth.unavailable');
  /** Grows with whatever is dropped, so that what was asked for before is not kept after it. */
  private drops = 0;

  constructor(private readonly bus: Bus) {}

  /** At once when it is cached. Rejects with `auth.unavailable`, or `upstream.refused` for a credential that may not be sent. */
  access(upstreamId: string, principalId: string): Access | Promise<Access> {
    return this.accessOf(keyOf({ upstreamId, principalId }), { upstreamId, principalId });
  }

  private accessOf(key: string, caller: ShownCaller): Access | Promise<Access> {
    const known = this.cached.get(key);
    if (known === undefined) {
      found.misses++;
      return this.present(key, caller);
    }
    found.hits++;
    const nowMs = performance.now();
    if (nowMs > known.askAgainAtMs) {
      if (nowMs > known.endsAtMs) return this.present(key, caller);
      known.askAgainAtMs = nowMs + FRESH_MS;
      void this.present(key, caller).catch((error: unknown) => {
        if (ENDED.has(toGatewayError(error).code) && this.cached.get(key) === known) this.cached.delete(key);
      });
    }
    return known.access;
  }

  /** What an upstream is asked with that may not be registered yet: the credential that is given, or its own. Rejects as `access` does. */
  async accessWith(credential: UpstreamCredential | null | undefined, upstreamId: string): Promise<Access> {
    return credential === undefined ? this.access(upstreamId, '') : accessFor(credential);
  }

  /** What a call is sent with: besides, what goes on of the headers of its client. As `access`. */
  accessOfCall({ upstreamId, principal, passedHeaders, subjectToken }: Showing): Access | Promise<Access> {
    const caller = { upstreamId, principalId: principal.id, ...(subjectToken !== undefined && { subjectToken }) };
    const access = this.accessOf(keyOf(caller), caller);
    if (passedHeaders === undefined) return access;
    return access instanceof Promise
      ? access.then((shown) => this.passed.with(shown, passedHeaders))
      : this.passed.with(access, passedHeaders);
  }

  /**
   * What an address is looked at with: nothing where no credential can be had, for being let in is not the question. Never
   * rejects.
   */
  async accessOrNone(upstreamId: string): Promise<Access> {
    try {
      return await this.access(upstreamId, '');
    } catch {
      return accessFor(null);
    }
  }

  drop(upstreamId: string): void {
    this.drops++;
    for (const key of this.cached.keys()) if (key.startsWith(`${upstreamId}\n`)) this.cached.delete(key);
  }

  /** What was shown with a consent of this principal is asked for again. Answers its versions. */
  dropPersonal(upstreamId: string, principalId: string, isCatalogs: boolean): readonly string[] {
    this.drops++;
    const versions = new Set<string>();
    for (const [key, { access }] of this.cached.entries()) {
      if (!key.startsWith(`${upstreamId}\n`)) continue;
      const whose = key.split('\n')[1]?.toLowerCase();
      if (whose !== principalId && !(isCatalogs && whose === '')) continue;
      versions.add(access.version);
      this.cached.delete(key);
    }
    return [...versions];
  }

  /** Events may have been missed: everything is asked for again when it is used next, and what is a person's own before. */
  invalidate(): void {
    this.drops++;
    for (const [key, known] of this.cached.entries()) {
      if (known.isPersonal) this.cached.delete(key);
      else known.askAgainAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Whoever shows the refused token in this process shows the new one from then on. */
  private async renew({ key, caller, refusalKey }: Holder, version: string, refused: string): Promise<boolean> {
    const shown = this.shown.get(shownKey(caller.upstreamId, version))?.access.tokenId;
    if (shown !== refused) return shown !== undefined;
    this.refusals.set(refusalKey, refused);
    const { tokenId } = await this.present(key, caller).catch((error: unknown) => {
      this.cached.delete(key);
      throw error;
    });
    return tokenId !== refused;
  }

  private async widen({ key, caller }: Holder, version: string, scopes: readonly string[]): Promise<void> {
    const { upstreamId, principalId } = caller;
    try {
      await this.bus.ask(WantUpstreamScopes, { upstreamId, principalId, scopes });
      // What was refused may be of the consent before.
      if ((await this.present(key, caller)).version === version) return;
    } catch (error) {
      // Where it cannot be found out, the upstream has refused all the same.
      if (toGatewayError(error).code === 'upstream.consent_needed') throw error;
      return;
    }
    throw fail('upstream.consent_needed', {
      message: 'Another consent was given while the call was under way: call again',
      data: { state: 'needs_consent', scopes },
      executed: 'no',
    });
  }

  private present(key: string, caller: ShownCaller): Promise<Access> {
    const { upstreamId } = caller;
    const refusedToken = this.refusals.get(key) ?? this.refusals.get(upstreamId);
    const { drops } = this;
    return this.presenting.ask(
      // Whoever asked before the refusal may be given the refused one, and before a drop what was dropped.
      `${key}\n${drops}\n${refusedToken ?? ''}`,
      () => this.bus.ask(PresentUpstreamCredential, { ...caller, ...(refusedToken && { refusedToken }) }),
      ({ head }) => {
        const { token, version, isPersonal = false } = head;
        const holder: Holder = isPersonal
          ? { key, caller, refusalKey: key }
          : {
              key: keyOf({ upstreamId, principalId: '' }),
              caller: { upstreamId, principalId: '' },
              refusalKey: upstreamId,
            };
        const isRefused =
          token !== undefined && token.id === this.refusals.get(holder.refusalKey) && token.id !== refusedToken;
        if (isRefused) return this.present(key, caller);
        const access = this.sharedAccess(upstreamId, {
          ...accessOf(head.credential, version),
          idKeys: head.idKeys,
          ...(token !== undefined && {
            tokenId: token.id,
            renew: (refused) => this.renew(holder, version, refused),
          }),
          ...(isPersonal && { widen: (scopes) => this.widen(holder, version, scopes) }),
        });
        if (this.drops !== drops) return access;
        const nowMs = performance.now();
        this.cached.set(key, {
          access,
          isPersonal,
          askAgainAtMs: nowMs + Math.min(FRESH_MS, token?.askAgainInMs ?? FRESH_MS),
          endsAtMs: nowMs + (token?.endsInMs ?? Number.POSITIVE_INFINITY),
        });
        return access;
      },
    );
  }

  private sharedAccess(upstreamId: string, access: Access): Access {
    const key = shownKey(upstreamId, access.version);
    const known = this.shown.get(key);
    if (known === undefined) {
      this.shown.set(key, { access, redact: access.redact });
      return access;
    }
    const { redact } = access;
    const former = known.redact;
    const isRenewed = known.access.tokenId !== access.tokenId;
    known.redact = redact;
    // Answers to requests with the token before are still on their way.
    return Object.assign(
      known.access,
      access,
      isRenewed && { redact: <Json extends CarriedJson>(json: Json): Json => redact(former(json)) },
    );
  }
}

/** Who is asked for when another token is wanted. */
interface Holder {
  readonly key: string;
  readonly caller: ShownCaller;
  readonly refusalKey: string;
}

/** For whom an upstream is shown something. */
type ShownCaller = Pick<RequestOf<typeof PresentUpstreamCredential>, 'upstreamId' | 'principalId' | 'subjectToken'>;

/** What one token of a caller is exchanged for is not what another is. */
const keyOf = ({ upstreamId, principalId, subjectToken }: ShownCaller): string => {
  const key = `${upstreamId}\n${principalId}`;
  return subjectToken === undefined ? key : `${key}\n${subjectToken.slice(0, subjectToken.indexOf('.'))}`;
};

const shownKey = (upstreamId: string, version: string): string => `${upstreamId}\n${version}`;

/** What to show an upstream for a credential that auth has not stored yet. */
export const accessFor = (credential: UpstreamCredential | null): Access =>
  accessOf(credential, credential === null ? NO_CREDENTIAL : givenVersion(credential));

const givenVersion = (credential: UpstreamCredential): string =>
  `given ${createHash('sha256').update(JSON.stringify(credential)).digest('base64url')}`;
