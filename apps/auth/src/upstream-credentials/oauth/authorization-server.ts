import { type Bus } from '#libs/bus';
import type { ShownOAuthClient } from '#contracts/auth/oauth/oauth-client';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { fail, toGatewayError } from '#libs/errors';
import { isRecord } from '../../jwt/claims.js';
import { metadataUrls } from '../../jwt/issuer-metadata.js';

const METADATA_BYTES_MAX = 256 * 1024;

export interface TokenEndpoint {
  readonly url: string;
  /** What an assertion is for: the issuer, where it is known. https://www.rfc-editor.org/rfc/rfc7523#section-3 */
  readonly audience: string;
  /** The URL of the upstream that led there; absent: whoever registered it did. */
  readonly namedBy?: string | undefined;
}

/**
 * Where the client gets its tokens: as it was told, or by the metadata of its issuer (RFC 8414). Rejects with
 * `upstream.unreachable` or `upstream.invalid_answer`, in words for whoever registered the upstream.
 */
export const tokenEndpointOf = async (
  { issuer, tokenUrl }: Pick<ShownOAuthClient, 'issuer' | 'tokenUrl'>,
  bus: Bus,
  timeoutMs: number,
): Promise<TokenEndpoint> => {
  if (tokenUrl !== null) return { url: tokenUrl, audience: issuer ?? tokenUrl };
  const metadata = await metadataOf(issuer ?? '', bus, performance.now() + timeoutMs);
  if (metadata === null) throw unfit('it has no metadata; give its tokenUrl');
  // https://www.rfc-editor.org/rfc/rfc8414#section-3.3
  if (metadata['issuer'] !== issuer) throw unfit('its metadata names another issuer');
  const url = metadata['token_endpoint'];
  if (typeof url !== 'string' || !isSecureUrl(url)) throw unfit('its metadata has no token_endpoint with https');
  return { url, audience: metadata['issuer'] as string };
};

/**
 * The metadata of an authorization server; null where there is none. `untilMs` of `performance.now()`; `namedBy`: the URL of the upstream
 * that named it. Rejects as `tokenEndpointOf` does.
 */
export const metadataOf = async (
  issuer: string,
  bus: Bus,
  untilMs: number,
  namedBy?: string,
): Promise<Readonly<Record<string, unknown>> | null> => {
  return firstOf(metadataUrls(issuer), async (url) => {
    const text = await read(url, bus, untilMs, namedBy);
    if (text === null) return null;
    const metadata = parsed(text);
    if (!isRecord(metadata)) throw unfit('its metadata is no JSON object');
    return metadata;
  });
};

/** What is at the first of several places where there is something. A place that fails counts where none has anything. */
export const firstOf = async <Found>(
  places: readonly string[],
  look: (place: string) => Promise<Found | null>,
): Promise<Found | null> => {
  let failure: unknown = null;
  for (const place of places) {
    const found = await look(place).catch((error: unknown) => {
      // Where it may not be asked, it may not be asked elsewhere.
      if (toGatewayError(error).code === 'upstream.refused') throw error;
      failure ??= error;
      return null;
    });
    if (found !== null) return found;
  }
  if (failure !== null) throw failure;
  return null;
};

/** A document; null where there is none. `namedBy` as above. Rejects as `tokenEndpointOf` does. */
export const read = async (url: string, bus: Bus, untilMs: number, namedBy?: string): Promise<string | null> => {
  try {
    const timeoutMs = Math.max(1, untilMs - performance.now());
    const { body } = await bus.ask(
      FetchDocument,
      { url, bytesMax: METADATA_BYTES_MAX, ...(namedBy && { namedBy }) },
      { timeoutMs },
    );
    return body?.toString() ?? '';
  } catch (error) {
    const failure = toGatewayError(error);
    const status = failure.data?.['status'];
    if (typeof status === 'number' && status >= 400 && status < 500) return null;
    throw unavailable(failure);
  }
};

export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const unfit = (why: string) =>
  fail('upstream.invalid_answer', { message: `The authorization server cannot be used: ${why}`, executed: 'no' });

/** What it means for a token that the authorization server could not be asked. */
export const unavailable = (failure: ReturnType<typeof toGatewayError>) =>
  failure.code === 'upstream.refused'
    ? fail('upstream.refused', {
        message: 'The authorization server may not be reached from here: its address is not allowed',
        executed: 'no',
        cause: failure,
      })
    : fail('upstream.unreachable', {
        message: 'The authorization server cannot be reached',
        executed: 'no',
        cause: failure,
      });
