import { LRUCache } from 'lru-cache';
import type { GatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { withReason } from '../transport/reason.js';

const QUIET_MS = 60_000;
const UPSTREAMS_MAX = 10_000;

/** Logs why upstreams fail; the same reason of one upstream once a minute. */
export class FailureLog {
  private readonly logged = new LRUCache<string, string>({ max: UPSTREAMS_MAX, ttl: QUIET_MS });

  constructor(private readonly logger: Logger) {}

  note(upstreamId: string, failure: GatewayError): void {
    const { code, message: reason } = withReason(failure);
    if (this.logged.get(upstreamId) === reason) return;
    this.logged.set(upstreamId, reason);
    this.logger.warn({ upstreamId, code, reason }, 'an upstream fails');
  }
}
