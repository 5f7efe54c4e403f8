import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { BreakerChanged } from '#contracts/tool-invocation/health/breaker-changed.event';
import type { Bus } from '#libs/bus';
import type { GatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { withReason } from '../transport/reason.js';
import type { UpstreamHealthEvents } from './upstream-health.js';
import { UpstreamLog } from './upstream-log.js';

/** Tells the log how upstreams are, and everybody who shows them when one is left alone, or no more. */
export class HealthAnnouncements implements UpstreamHealthEvents {
  private readonly log: UpstreamLog;

  constructor(
    private readonly bus: Bus,
    logger: Logger,
  ) {
    this.log = new UpstreamLog(logger);
  }

  failed(profile: UpstreamProfile, failure: GatewayError): void {
    this.log.failed(profile, failure);
  }

  breakerOpened(profile: UpstreamProfile, failure: GatewayError, waitMs: number): void {
    this.log.breakerOpened(profile, failure, waitMs);
    this.announce(profile, withReason(failure).message);
  }

  breakerClosed(profile: UpstreamProfile): void {
    this.log.breakerClosed(profile);
    this.announce(profile, null);
  }

  private announce({ id, version, transport }: UpstreamProfile, reason: string | null): void {
    if (transport !== 'STDIO') this.bus.publish(BreakerChanged, { upstreamId: id, version, reason });
  }
}
