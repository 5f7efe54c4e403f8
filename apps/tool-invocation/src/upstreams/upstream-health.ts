import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { CircuitBreaker } from '#libs/resilience';
import type { Peer } from '../conversation/peer.js';
import type { Settings } from '../tool-invocation.settings.js';
import { type TransportKind, speaksMcp } from '../transport/channel.js';

/** From the opening of the breaker to the first probe. */
const OPEN_MS = 5_000;

const SILENT = fail('upstream.timed_out');

/** Hears how an upstream is. */
export interface UpstreamHealthEvents {
  /** A call failed for what its connections or sessions are. */
  failed(profile: UpstreamProfile, failure: GatewayError): void;
  /** `waitMs`: until it is tried again. */
  breakerOpened(profile: UpstreamProfile, failure: GatewayError, waitMs: number): void;
  breakerClosed(profile: UpstreamProfile): void;
}

/** What is known of an upstream with several addresses. */
export interface SeveralAddresses {
  /** Whether one of them can be expected to answer. */
  hasSound(): boolean;
  /** Finds out which of them do. Never rejects. */
  recheck(): Promise<void>;
}

/** Whether an upstream is well: by what its calls report, and by what it says when it is asked itself. */
export class UpstreamHealth {
  readonly breaker: CircuitBreaker;
  private checking = false;

  constructor(
    private readonly settings: Pick<Settings, 'breaker' | 'connections'>,
    private readonly kind: TransportKind,
    private readonly profile: UpstreamProfile,
    private readonly told: UpstreamHealthEvents,
    private readonly several?: SeveralAddresses,
  ) {
    const { threshold, resetMsMax } = settings.breaker;
    this.breaker = new CircuitBreaker({ failuresMax: threshold, openMs: OPEN_MS, openMsMax: resetMsMax });
  }

  /** Throws `upstream.breaker_open`. Every call that passes reports its outcome to the breaker. */
  passBreaker(): void {
    if (this.breaker.tryAcquire()) return;
    const retryAfterMs = Math.max(1, Math.ceil(this.breaker.retryAfterMs));
    throw fail('upstream.breaker_open', { executed: 'no', data: { retryAfterMs } });
  }

  /**
   * A call failed for what the upstream is, or what one of its addresses is: then others get through. Reported to the breaker unless
   * that would say too much.
   */
  failed(failure: GatewayError, isHealthKnown: boolean): void {
    this.told.failed(this.profile, failure);
    if (isHealthKnown && !this.several?.hasSound()) this.breakerFailed(failure);
    else this.breaker.undecided();
  }

  /** It has answered. */
  succeeded(): void {
    const wasOpen = this.breaker.isOpen;
    this.breaker.succeeded();
    if (wasOpen) this.told.breakerClosed(this.profile);
  }

  /**
   * A call ended without a sign of life. Its tool may only be slow, so the upstream itself is asked, at each of its
   * addresses: one that does not answer that either has failed. Reports to the breaker in the call's place.
   */
  heardNothing(peer: Peer | undefined): void {
    if (this.breaker.isOpen) return this.breakerFailed(SILENT);
    this.breaker.undecided();
    if (this.checking) return;
    const asking = this.several === undefined ? this.ask(peer) : this.recheck(this.several);
    if (asking === undefined) return;
    this.checking = true;
    asking
      .then(
        () => this.succeeded(),
        (error: unknown) => this.breakerFailed(toGatewayError(error)),
      )
      .finally(() => {
        this.checking = false;
      });
  }

  private ask(peer: Peer | undefined): Promise<unknown> | undefined {
    if (peer === undefined || !speaksMcp(this.kind)) return undefined;
    const method = peer.identity.era === 'modern' ? 'server/discover' : 'ping';
    return peer.request(method, {}, this.settings.connections.connectTimeoutMs);
  }

  private async recheck(several: SeveralAddresses): Promise<void> {
    await several.recheck();
    if (!several.hasSound()) throw SILENT;
  }

  private breakerFailed(failure: GatewayError): void {
    if (this.breaker.failed()) this.told.breakerOpened(this.profile, failure, this.breaker.retryAfterMs);
  }
}
