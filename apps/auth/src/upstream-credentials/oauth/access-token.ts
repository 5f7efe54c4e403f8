import type { Bus } from '#libs/bus';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import { HEADER_VALUE_CHARS_MAX, isHeaderValue } from '#contracts/auth/upstream-credential.rules';
import { PostForm } from '#contracts/tool-invocation/web/post-form.request';
import { fail, toGatewayError } from '#libs/errors';
import { isRecord } from '../../jwt/claims.js';
import { type TokenEndpoint, parsed, tokenEndpointOf, unavailable, unfit } from './authorization-server.js';
import { type AuthenticatedClient, authenticationOf } from './client-authentication.js';

const ANSWER_BYTES_MAX = 64 * 1024;
export const METADATA_MS = 3_000;
const TOKEN_MS = 4_000;
/** Together, before whoever waits for the token gives up. */
export const TOKEN_REQUEST_MS = METADATA_MS + TOKEN_MS;
const LIFE_MAX_S = 30 * 86_400;
const SCOPE_CHARS_MAX = 4_096;

/** What a token endpoint gave. */
export interface AccessToken {
  readonly value: string;
  /** Null: the authorization server does not say. */
  readonly lifeMs: number | null;
  readonly refreshToken?: string;
  /** What was granted, where it is said. */
  readonly scope?: string;
  /** What kind of token it is, where it is said. https://www.rfc-editor.org/rfc/rfc8693#section-2.2.1 */
  readonly issuedTokenType?: string;
}

/**
 * Gets a new token for the client itself. Rejects with `upstream.unauthorised` where the authorization server refuses, `upstream.unreachable`,
 * `upstream.refused` or `upstream.invalid_answer`; messages hold what it called its refusal, and nothing else it said.
 */
export const requestAccessToken = async (client: OAuthClient, bus: Bus): Promise<AccessToken> => {
  const endpoint = await tokenEndpointOf(client, bus, METADATA_MS);
  const { value, lifeMs } = await postToken(bus, endpoint, client, {
    grant_type: 'client_credentials',
    ...(client.scopes.length > 0 && { scope: client.scopes.join(' ') }),
    ...(client.resource !== null && { resource: client.resource }),
    ...(client.audience !== null && { audience: client.audience }),
  });
  return { value, lifeMs };
};

/** Asks a token endpoint by any grant. Rejects as `requestAccessToken` does. */
export const postToken = async (
  bus: Bus,
  { url, audience, namedBy }: TokenEndpoint,
  client: AuthenticatedClient,
  members: Readonly<Record<string, string>>,
): Promise<AccessToken> => {
  const { authorization, members: shown } = await authenticationOf(client, audience);
  const form = new URLSearchParams({ ...members, ...shown });
  const request = {
    url,
    bytesMax: ANSWER_BYTES_MAX,
    ...(authorization !== undefined && { authorization }),
    ...(namedBy && { namedBy }),
  };
  const answer = await bus
    .ask(PostForm, request, { body: form.toString(), timeoutMs: TOKEN_MS })
    .catch((error: unknown) => {
      throw unavailable(toGatewayError(error));
    });
  return readAnswer(answer.head.status, answer.body?.toString() ?? '');
};

/** https://www.rfc-editor.org/rfc/rfc6749#section-5 ; some servers answer an error with 200, and write null for what there is not. */
const readAnswer = (status: number, text: string): AccessToken => {
  const answer = parsed(text);
  const said = isRecord(answer) ? answer : {};
  if (status >= 500)
    throw fail('upstream.unreachable', { message: `The authorization server answered HTTP ${status}`, executed: 'no' });
  if ((status !== 200 && status !== 201) || typeof said['error'] === 'string') throw refusal(status, said);
  const {
    access_token: value,
    token_type: type,
    expires_in: life,
    refresh_token: refreshToken,
    scope,
    issued_token_type: kind,
  } = said;
  if (typeof value !== 'string' || value === '') throw unfit('its answer has no access_token');
  if (value.length > HEADER_VALUE_CHARS_MAX - 'Bearer '.length || !isHeaderValue(value))
    throw unfit('its access_token fits in no header');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw unfit('its token is no bearer token');
  return {
    value,
    lifeMs: lifeOf(life),
    ...(typeof refreshToken === 'string' && refreshToken !== '' && { refreshToken }),
    ...(typeof scope === 'string' && { scope: scope.slice(0, SCOPE_CHARS_MAX) }),
    ...(typeof kind === 'string' && { issuedTokenType: kind }),
  };
};

/** Some servers write the number as a text. It is cut to whole seconds there, and some time has passed on the way. */
const lifeOf = (value: unknown): number | null => {
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.max(1, Math.min(seconds, LIFE_MAX_S) - 1) * 1_000;
};

/** Codes are of these characters (RFC 6749, 5.2); what else it says may repeat what it was shown. */
const ERROR_CODE = /^[\w.-]{1,64}$/;

const refusal = (status: number, { error, error_codes: numbers }: Readonly<Record<string, unknown>>) => {
  const code = typeof error === 'string' && ERROR_CODE.test(error) ? error : null;
  // Entra says by a number why. https://learn.microsoft.com/entra/identity-platform/reference-error-codes
  const number: unknown = Array.isArray(numbers) ? numbers[0] : undefined;
  const detail = code !== null && Number.isSafeInteger(number) ? ` (AADSTS${String(number)})` : '';
  return fail('upstream.unauthorised', {
    message: `The authorization server refused the client: ${code ?? `HTTP ${status}`}${detail}`,
    executed: 'no',
    ...(code !== null && { data: { oauthError: code } }),
  });
};
