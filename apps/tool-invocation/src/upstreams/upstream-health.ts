import { type GatewayError, fail } from '#libs/errors';
import { CircuitBreaker } from '#libs/resilience';
import type { Peer } from '../conversation/peer.js';
import type { Settings } from '../tool-invocation.settings.js';
import { type TransportKind, speaksMcp } from '../transport/channel.js';

/** From the opening of the breaker to the first probe. */
const OPEN_MS = 5_000;

/** Whether an upstream is well: by what its calls report, and by what it says when it is asked itself. */
export class UpstreamHealth {
  readonly breaker: CircuitBreaker;
  private checking = false;

  constructor(
    private readonly settings: Pick<Settings, 'breaker' | 'connections'>,
    private readonly kind: TransportKind,
    private readonly onFailure: (failure: GatewayError) => void,
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

  /** A call failed for what the upstream is; reported to the breaker unless that would say too much. */
  failed(failure: GatewayError, isHealthKnown: boolean): void {
    if (isHealthKnown) this.breaker.failed();
    else this.breaker.undecided();
    this.onFailure(failure);
  }

  /**
   * A call ended without a sign of life. Its tool may only be slow, so the upstream itself is asked: one that does not
   * answer that either has failed. Reports to the breaker in the call's place.
   */
  heardNothing(peer: Peer | undefined): void {
    if (this.breaker.isOpen) return void this.breaker.failed();
    this.breaker.undecided();
    if (peer === undefined || this.checking || !speaksMcp(this.kind)) return;
    this.checking = true;
    const method = peer.identity.era === 'modern' ? 'server/discover' : 'ping';
    peer
      .request(method, {}, this.settings.connections.connectTimeoutMs)
      .then(() => this.breaker.succeeded())
      .catch(() => this.breaker.failed())
      .finally(() => {
        this.checking = false;
      });
  }
}
