import { GatewayError, fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { SsoProvider } from '../providers/sso-provider.js';

/** What OAuth calls an answer that the user, or the provider, gave on purpose. */
const SAID_NO: ReadonlySet<unknown> = new Set(['access_denied', 'consent_required', 'login_required']);
/** https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 */
const AWAY: ReadonlySet<unknown> = new Set(['server_error', 'temporarily_unavailable']);

/** What goes wrong at a provider: in the log as it was, for its user in words that repeat nothing of what was sent. */
export class ProviderFailures {
  constructor(private readonly logger: Logger) {}

  named(error: unknown, { id, displayName }: SsoProvider): GatewayError {
    const known = chainOf(error).find((cause) => cause instanceof GatewayError);
    if (known?.code.startsWith('auth.')) return known;
    const said = error instanceof Error && 'error' in error ? error.error : undefined;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    this.logger.warn(
      { provider: id, reason: reasonOf(error), code, said: short(said) },
      'a sign-in by a provider failed',
    );
    const isAway = known !== undefined || AWAY.has(said) || chainOf(error).some(isBroken);
    if (isAway)
      return fail('auth.provider_unavailable', {
        message: `${displayName} cannot be reached: try again later, or log in with your password`,
        cause: error,
      });
    if (SAID_NO.has(said))
      return fail('auth.sign_in_refused', { message: `You, or ${displayName}, said no`, cause: error });
    return fail('auth.sign_in_refused', { message: `The answer of ${displayName} is not good`, cause: error });
  }
}

const chainOf = (error: unknown): readonly unknown[] => {
  const chain: unknown[] = [];
  for (let at = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  return chain;
};

const isBroken = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Response && error.cause.status >= 500;

const reasonOf = (error: unknown): string =>
  chainOf(error)
    .map((cause) => (cause as Error).message)
    .join(': ');

/** An error code of a provider, not what it wrote besides. */
const short = (said: unknown): unknown => (typeof said === 'string' && /^[\w.-]{1,64}$/.test(said) ? said : undefined);
