import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { GatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { withReason } from '../transport/reason.js';

/** Tells the log how upstreams are, by id and name, and of what they fail. */
export class UpstreamLog {
  constructor(private readonly logger: Logger) {}

  failed(profile: UpstreamProfile, failure: GatewayError): void {
    this.logger.warn({ ...namesOf(profile), ...causeOf(failure) }, 'an upstream fails');
  }

  /** `waitMs`: until it is tried again. */
  breakerOpened(profile: UpstreamProfile, failure: GatewayError, waitMs: number): void {
    const ms = Math.round(waitMs);
    this.logger.warn({ ...namesOf(profile), ...causeOf(failure), ms }, 'the breaker of an upstream has opened');
  }

  breakerClosed(profile: UpstreamProfile): void {
    this.logger.info(namesOf(profile), 'the breaker of an upstream has closed');
  }
}

const namesOf = ({ id, name }: UpstreamProfile) => ({ upstreamId: id, upstream: name });

const causeOf = (failure: GatewayError) => {
  const { code, message: reason } = withReason(failure);
  return { code, reason };
};
