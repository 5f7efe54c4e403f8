import { type GatewayError, toGatewayError } from '#libs/errors';
import { StallWatch } from '#libs/resilience';
import type { Step } from '../call/open-call.js';
import { staleness } from '../call/stale.js';
import { type Health, healthAfter } from './health.js';
import type { Peer } from '../conversation/peer.js';
import type { Access, TransportKind } from '../transport/channel.js';
import type { Upstream } from '../upstreams/upstream.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import type { RunningCall } from './running-call.js';

/**
 * Takes a call to its upstream: finds the upstream and its credential, waits for a place, asks the breaker, and hands the
 * call to a conversation. A failure on the way ends the call; `tryAgain` decides whether it begins anew.
 */
export class Dispatcher {
  private readonly stalls = new StallWatch();

  constructor(private readonly directory: UpstreamDirectory) {}

  /** Goes to the upstream, synchronously when everything is cached, as it is for nearly every call. */
  begin(running: RunningCall): void {
    const { open } = running;
    if (open.ended) return;
    try {
      const upstream = this.directory.upstream(open.call.upstreamId);
      const access = this.directory.credentials.accessOfCall(open.call);
      if (upstream instanceof Promise || access instanceof Promise) {
        Promise.all([upstream, access]).then(
          ([known, shown]) => this.approach(running, known, shown),
          (error: unknown) => open.fail(toGatewayError(error)),
        );
      } else this.approach(running, upstream, access);
    } catch (error) {
      open.fail(toGatewayError(error));
    }
  }

  /** Releases the place at the upstream and reports its health to the breaker. */
  leave(running: RunningCall, failure: GatewayError | undefined, judged = true): void {
    const { upstream } = running;
    running.report.left();
    if (!running.holdsSlot || upstream === undefined) return;
    running.holdsSlot = false;
    upstream.limiter.release(running.limiterKey, running.open.call.principal.id);
    if (!judged || failure?.code === 'upstream.breaker_open') return;
    const health = failure === undefined ? 'well' : this.judge(failure, running);
    if (health === 'well') {
      upstream.health.succeeded();
      if (failure === undefined) upstream.retries.succeeded();
    } else if (health === 'silent') upstream.health.heardNothing(running.peer);
    else if (failure !== undefined && (health === 'ill' || failure.code === 'upstream.unauthorised'))
      upstream.health.failed(failure, health === 'ill');
    else upstream.health.breaker.undecided();
  }

  /** Begins anew where that is safe, and returns the next step; `null` where it is not. */
  tryAgain(running: RunningCall, failure: GatewayError): Promise<Step> | null {
    const delayMs = this.retryDelayMs(running, failure);
    if (delayMs === null) return null;
    this.leave(running, failure);
    running.upstream?.giveBack(running.open.call.callId);
    running.open.rearm();
    const step = running.open.next();
    if (delayMs === 0) this.begin(running);
    else setTimeout(() => this.begin(running), delayMs);
    return step;
  }

  close(): void {
    this.stalls.stop();
  }

  /** Where this process did not run for a good part of the wait, the upstream may have answered in vain. */
  private judge(failure: GatewayError, { open, enteredAtMs }: RunningCall): Health {
    const health = healthAfter(failure, open);
    return (health === 'ill' || health === 'silent') && this.stalls.explains(enteredAtMs) ? 'unknown' : health;
  }

  private retryDelayMs(running: RunningCall, failure: GatewayError): number | null {
    const { upstream } = running;
    if (failure.executed !== 'no' || upstream === undefined) return null;
    running.attempts++;
    const stale = staleness(failure);
    if (stale !== undefined) {
      // What was cached proved wrong; it is asked for anew once.
      if (running.attempts > 1) return null;
      if (stale === 'era') upstream.invalidateEra();
      return 0;
    }
    if (failure.code !== 'upstream.unreachable') return null;
    return upstream.retries.delayMs(running.attempts, running.deadlineAtMs - performance.now());
  }

  private approach(running: RunningCall, upstream: Upstream, access: Access): void {
    const { open } = running;
    if (open.ended) return;
    running.upstream = upstream;
    running.access = access;
    running.tightenDeadline(upstream.timeoutMs);
    running.report.waits(performance.now(), upstream);
    if (upstream.limiter.tryAcquire(running.limiterKey, open.call.principal.id)) return this.enter(running);
    open.waits();
    upstream.limiter
      .acquire(running.limiterKey, () => open.ended, open.call.principal.id)
      .then(
        () => this.enter(running),
        (error: unknown) => open.fail(toGatewayError(error)),
      );
  }

  private enter(running: RunningCall): void {
    const { open } = running;
    const upstream = running.upstream as Upstream;
    running.holdsSlot = true;
    running.enteredAtMs = performance.now();
    running.report.entered(running.enteredAtMs);
    if (open.ended) return this.leave(running, undefined, false);
    if (upstream.retired) {
      // It was described anew, or its credential changed, while the call waited for its turn.
      this.leave(running, undefined, false);
      return this.begin(running);
    }
    try {
      upstream.health.passBreaker();
      const peer = upstream.peer(running.access as Access, open.call);
      if (peer instanceof Promise) {
        peer.then(
          (opened) => this.start(running, opened),
          (error: unknown) => {
            open.fail(toGatewayError(error));
            upstream.giveBack(open.call.callId);
          },
        );
      } else this.start(running, peer);
    } catch (error) {
      open.fail(toGatewayError(error));
    }
  }

  private start(running: RunningCall, peer: Peer): void {
    const { open, upstream } = running;
    running.peer = peer;
    if (!open.ended) {
      running.report.sent(protocolOf(upstream?.kind, peer));
      peer.start(open);
    }
    // It ended while it waited, and may have taken its conversation only then.
    else upstream?.giveBack(open.call.callId);
  }
}

/** What stands in the record for how the upstream was spoken to. */
const protocolOf = (kind: TransportKind | undefined, peer: Peer): string => {
  if (kind === 'api') return 'http';
  return kind === 'own' || kind === 'grpc' || kind === 'a2a' ? kind : peer.identity.protocolVersion;
};
