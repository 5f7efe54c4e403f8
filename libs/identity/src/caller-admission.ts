import { LRUCache } from 'lru-cache';
import { type Bus, type Subscription, hedgedAsk } from '#libs/bus';
import { AdmitCaller, CredentialRevoked, GrantsChanged, type Principal, type ReplyOf } from '#libs/contracts';
import { type FailureCode, type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { admissions } from './admission.instruments.js';
import { ANONYMOUS } from './anonymous.js';
import { type AddressedRequest, type ClientAddress, clientAddress, networkOf } from './client-address.js';
import { type CredentialCarrier, readCredential } from './credential.js';
import { OpenQuestions } from './open-questions.js';

/** How long, in milliseconds, and for how many credentials an answer of auth counts. */
export interface CallerAdmissionOptions {
  readonly ttlMs: number;
  /** For which a credential is trusted while auth cannot be asked, counted from when auth last confirmed it. */
  readonly staleMaxMs: number;
  /** Credentials kept. */
  readonly max: number;
  readonly authRequired: boolean;
  /** Where a request comes from: an address may ask for so many new credentials at once. */
  readonly addressOf?: ClientAddress;
  readonly logger?: Logger | undefined;
}

interface Admitted {
  readonly credential: string;
  readonly principal: Principal;
  readonly goodUntilMs: number;
  /** While auth cannot be asked. Never later than the credential's own end. */
  readonly staleUntilMs: number;
  /** From here on the next use asks auth again behind the caller's back, so that a lost revocation is noticed early. */
  refreshAtMs: number;
}

/** Of which callers what was remembered is forgotten, and whether because their credential is good no longer. */
export type ForgottenListener = (concerns: (principal: Principal) => boolean, isRevoked: boolean) => void;

/** Short: the owner of a token that has just become good should not have to wait. */
const REFUSAL_TTL_MS = 3_000;
/** Kept apart from good credentials, so that a flood of bad ones evicts none of them. */
const REFUSALS_MAX = 2_000;
/** Between two tries to confirm a credential while auth is away. */
const REFRESH_PAUSE_MS = 1_000;
/** How often a question is put again because revocations came in while it was under way. */
const REPEATS_MAX = 3;

/**
 * Who is calling: asks auth once per credential and trusts the answer until it expires, is revoked, or the bus was
 * away (what was revoked meanwhile went unheard). While auth cannot be asked, an answer holds for a grace. Nothing known
 * and no answer means no entry: it fails closed.
 */
export class CallerAdmission {
  private readonly admitted: LRUCache<string, Admitted>;
  private readonly refused: LRUCache<string, GatewayError>;
  private readonly asking = new OpenQuestions<Principal>();
  private readonly addressOf: ClientAddress;
  private readonly subscriptions: Subscription[];
  private readonly listeners = new Set<ForgottenListener>();
  /** Grows with every drop, so that an answer that was given before the drop is not kept after it. */
  private drops = 0;
  /** The last question was not answered, or auth could not read its accounts. */
  private isAuthAway = false;

  constructor(
    private readonly bus: Bus,
    private readonly options: CallerAdmissionOptions,
  ) {
    this.addressOf = options.addressOf ?? clientAddress([]);
    this.admitted = new LRUCache({ max: options.max });
    this.refused = new LRUCache({ max: REFUSALS_MAX, ttl: REFUSAL_TTL_MS });
    this.subscriptions = [
      bus.subscribe(CredentialRevoked, ({ tokenId, principalId }) => {
        this.drop((principal) => matches(principal.tokenId, tokenId) || isOf(principal, principalId), true);
      }),
      bus.subscribe(GrantsChanged, ({ principalId }) =>
        this.drop((principal) => principalId === null || dependsOn(principal, principalId)),
      ),
      bus.onReconnect(() => this.drop(() => true)),
    ];
  }

  /**
   * Synchronous when the answer is known, refusals (thrown) included. Throws or rejects with
   * `auth.credential_missing`, `auth.credential_invalid`, `auth.unavailable` or `auth.issuer_unavailable`. `carrier`: the
   * request that brings it.
   */
  admit(credential: string | null, carrier: AddressedRequest = {}): Principal | Promise<Principal> {
    return this.find(credential, carrier, true);
  }

  /** As `admit`, without the grace: for what only somebody may do whom auth vouches for now. */
  admitConfirmed(credential: string | null, carrier: AddressedRequest = {}): Principal | Promise<Principal> {
    return this.find(credential, carrier, false);
  }

  /** Whether the caller of a request brings a credential that is good. Never throws or rejects; synchronous once known. */
  knows(carrier: CredentialCarrier, read = readCredential): boolean | Promise<boolean> {
    try {
      const credential = read(carrier);
      if (credential === null) return false;
      const admitting = this.admit(credential, carrier);
      return admitting instanceof Promise ? admitting.then(isSomebody, isNobody) : true;
    } catch {
      return false;
    }
  }

  /** Who the caller of a request is as far as that is known; `null` otherwise. Asks nobody, and admits nobody. */
  lastKnown(carrier: CredentialCarrier): Principal | null {
    try {
      const credential = readCredential(carrier);
      return (credential !== null && this.known(credential)?.principal) || null;
    } catch {
      return null;
    }
  }

  /**
   * For whoever keeps principals. The events themselves would not do: the bus promises no order between subscriptions, and
   * whoever hears of a change first would be told what is still remembered.
   */
  onForgotten(listener: ForgottenListener): Subscription {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  onApplicationShutdown(): void {
    this.close();
  }

  private find(
    credential: string | null,
    carrier: AddressedRequest,
    hasGrace: boolean,
  ): Principal | Promise<Principal> {
    if (credential === null) {
      if (this.options.authRequired) throw fail('auth.credential_missing');
      return ANONYMOUS;
    }
    const known = this.known(credential);
    if (known !== undefined) {
      const nowMs = Date.now();
      if (nowMs < known.goodUntilMs || (hasGrace && this.isAuthAway && nowMs < known.staleUntilMs)) {
        if (nowMs >= known.refreshAtMs) {
          known.refreshAtMs = nowMs + REFRESH_PAUSE_MS;
          this.refresh(credential, carrier);
        }
        admissions.known++;
        return known.principal;
      }
      if (nowMs >= known.staleUntilMs) this.forget(known);
    }
    const refusal = this.refused.get(credential);
    if (refusal !== undefined) {
      admissions.known++;
      throw refusal;
    }
    admissions.asked++;
    const asking = this.ask(credential, carrier);
    return hasGrace && known !== undefined
      ? asking.catch((thrown: unknown) => this.stale(credential, toGatewayError(thrown)))
      : asking;
  }

  private known(credential: string): Admitted | undefined {
    const known = this.admitted.get(keyOf(credential));
    return known?.credential === credential ? known : undefined;
  }

  /** Whom auth could not be asked about. Throws where the grace is over, or the credential was revoked meanwhile. */
  private stale(credential: string, error: GatewayError): Principal {
    const known = isUnconfirmed(error) ? this.known(credential) : undefined;
    if (known === undefined || Date.now() >= known.staleUntilMs) throw error;
    return known.principal;
  }

  private ask(credential: string, carrier: AddressedRequest): Promise<Principal> {
    const network = networkOf(this.addressOf(carrier));
    return this.asking.ask(credential, network, () => this.question(credential));
  }

  private refresh(credential: string, carrier: AddressedRequest): void {
    if (this.asking.has(credential) || this.asking.isFull) return;
    this.ask(credential, carrier).catch((error: unknown) => {
      // Auth being away is no reason to drop what is still within its time; a refusal has dropped it already.
      this.options.logger?.debug({ code: toGatewayError(error).code }, 'a credential could not be confirmed');
    });
  }

  private async question(credential: string): Promise<Principal> {
    for (let repeat = 0; ; repeat += 1) {
      const dropsBefore = this.drops;
      try {
        const answer = await this.askAuth(credential);
        if (this.drops === dropsBefore) return this.keep(credential, answer);
        if (repeat >= REPEATS_MAX)
          throw fail('auth.unavailable', { message: 'Credentials are being revoked; try again' });
      } catch (thrown) {
        throw this.refusal(credential, toGatewayError(thrown), dropsBefore);
      }
    }
  }

  private async askAuth(credential: string): Promise<ReplyOf<typeof AdmitCaller>> {
    try {
      const { head } = await hedgedAsk(this.bus, AdmitCaller, { credential, checksConditions: true });
      this.isAuthAway = false;
      return head;
    } catch (thrown) {
      this.isAuthAway = !VERDICTS.has(toGatewayError(thrown).code);
      throw thrown;
    }
  }

  private keep(credential: string, { principal, expiresAtMs, expiresInMs }: ReplyOf<typeof AdmitCaller>): Principal {
    const nowMs = Date.now();
    const leftMs = expiresInMs ?? expiresAtMs - nowMs;
    if (leftMs <= 0) throw fail('auth.credential_invalid', { message: 'The credential has expired' });
    const { ttlMs, staleMaxMs } = this.options;
    this.admitted.set(keyOf(credential), {
      credential,
      principal,
      goodUntilMs: nowMs + Math.min(ttlMs, leftMs),
      staleUntilMs: nowMs + Math.min(Math.max(ttlMs, staleMaxMs), leftMs),
      refreshAtMs: nowMs + ttlMs / 3,
    });
    return principal;
  }

  private refusal(credential: string, error: GatewayError, dropsBefore: number): GatewayError {
    if (error.code === 'auth.credential_invalid') {
      const known = this.known(credential);
      if (known !== undefined) this.forget(known);
      if (this.drops === dropsBefore) this.refused.set(credential, error);
      return error;
    }
    return isUnconfirmed(error) ? error : fail('auth.unavailable', { cause: error });
  }

  private forget({ credential }: Admitted): void {
    this.admitted.delete(keyOf(credential));
  }

  private drop(concerns: (principal: Principal) => boolean, isRevoked = false): void {
    this.drops += 1;
    this.refused.clear();
    for (const known of this.admitted.values()) if (concerns(known.principal)) this.forget(known);
    for (const listener of this.listeners) listener(concerns, isRevoked);
  }
}

/** What only an auth that is well says. */
const VERDICTS: ReadonlySet<FailureCode> = new Set(['auth.credential_invalid', 'auth.issuer_unavailable']);
const isUnconfirmed = ({ code }: GatewayError): boolean =>
  code === 'auth.unavailable' || code === 'auth.issuer_unavailable';

const isSomebody = (): boolean => true;
const isNobody = (): boolean => false;

const KEY_CHARS = 64;

/** The end of a token is its secret part. Only that much is hashed, with every request; the whole is then compared. */
const keyOf = (credential: string): string => credential.slice(-KEY_CHARS);

/** The user, or a client that they registered. */
const isOf = (principal: Principal, userId: string | undefined): boolean =>
  matches(principal.id, userId) || matches(principal.actsFor ?? null, userId);

/** Besides, who has a token that this user made for them. */
const dependsOn = (principal: Principal, userId: string): boolean =>
  isOf(principal, userId) || principal.givenBy?.includes(userId) === true;

const matches = (value: string | null, revoked: string | undefined): boolean =>
  revoked !== undefined && value === revoked;
