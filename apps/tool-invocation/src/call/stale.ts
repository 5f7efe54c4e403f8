import { fail, type GatewayError } from '#libs/errors';

/**
 * Stands as the cause of a failure: what was known of the upstream (its era, a session, a tool's headers) no longer
 * holds, and the call was turned away before anything ran. Once learnt anew, the call may be repeated.
 */
export class Stale extends Error {
  constructor(readonly what: 'era' | 'session' | 'profile') {
    super(`stale ${what}`);
  }
}

export const staleEra = (cause: GatewayError | undefined): GatewayError =>
  fail('upstream.invalid_answer', {
    message: cause?.message ?? 'The upstream no longer speaks the protocol revision it spoke',
    ...(cause?.data && { data: cause.data }),
    executed: 'no',
    cause: new Stale('era'),
  });

export const staleSession = (): GatewayError =>
  fail('upstream.session_lost', { executed: 'no', cause: new Stale('session') });

export const staleProfile = (): GatewayError =>
  fail('upstream.closed', { executed: 'no', cause: new Stale('profile') });

export const staleness = (error: GatewayError): Stale['what'] | undefined =>
  error.cause instanceof Stale ? error.cause.what : undefined;
