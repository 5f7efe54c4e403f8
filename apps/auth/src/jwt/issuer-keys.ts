import { type JWTVerifyGetKey, createRemoteJWKSet, customFetch, errors } from 'jose';
import { type TrustedIssuer, isSecureUrl } from '#contracts/auth/trusted-issuers';
import { fail } from '#libs/errors';
import { isRecord } from './claims.js';
import { metadataUrls } from './issuer-metadata.js';

/** Shorter than auth is waited for. */
const FETCH_TIMEOUT_MS = 1_500;
const DOCUMENT_BYTES_MAX = 1024 * 1024;
/** After this the keys are fetched again, so that a key that was withdrawn is forgotten. */
const KEYS_TTL_MS = 10 * 60_000;
/** Between two fetches because of keys that are not known: anybody can make up their ids. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;
/** After a failure: whoever makes up tokens must not make us ask an issuer that is down again and again. */
const FAILURE_PAUSE_MS = 5_000;

/**
 * The keys of a trusted issuer: found through its metadata unless the settings say where they are, fetched when first
 * needed, and again when a token names one that is not known.
 */
export class IssuerKeys {
  private keys: Promise<JWTVerifyGetKey> | null = null;
  private failure: { readonly error: unknown; readonly untilMs: number } | null = null;

  constructor(private readonly issuer: Pick<TrustedIssuer, 'issuer' | 'jwksUri'>) {}

  /** For `jwtVerify`. Rejects with `auth.issuer_unavailable` when the keys cannot be had, else as jose does for unknown ones. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.known();
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      if (error instanceof errors.JOSENotSupported) throw error;
      throw unreadable(error);
    }
  };

  /** Fails like the last time where that was just now. */
  private async fetchKeys(url: string, init: RequestInit): Promise<Response> {
    if (this.failure !== null && Date.now() < this.failure.untilMs) throw this.failure.error;
    try {
      const response = await fetchLimited(url, init);
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
      return response;
    } catch (error) {
      this.failure = { error, untilMs: Date.now() + FAILURE_PAUSE_MS };
      throw error;
    }
  }

  private known(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.open();
    return this.keys;
  }

  private async open(): Promise<JWTVerifyGetKey> {
    try {
      const jwksUri = this.issuer.jwksUri ?? (await jwksUriOf(this.issuer.issuer));
      return createRemoteJWKSet(new URL(jwksUri), {
        timeoutDuration: FETCH_TIMEOUT_MS,
        cooldownDuration: UNKNOWN_KEY_PAUSE_MS,
        cacheMaxAge: KEYS_TTL_MS,
        [customFetch]: (url, init) => this.fetchKeys(url, init),
      });
    } catch (error) {
      setTimeout(() => (this.keys = null), FAILURE_PAUSE_MS).unref();
      throw unreadable(error);
    }
  }
}

const unreadable = (cause: unknown) => fail('auth.issuer_unavailable', { cause });

const jwksUriOf = async (issuer: string): Promise<string> => {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  for (const url of metadataUrls(issuer)) {
    const response = await fetchLimited(url, { signal, redirect: 'manual' });
    if (response.status !== 200) continue;
    const metadata: unknown = await response.json();
    if (!isRecord(metadata) || metadata['issuer'] !== issuer)
      throw new Error(`the metadata at ${url} is of another issuer`);
    const jwksUri = metadata['jwks_uri'];
    if (typeof jwksUri !== 'string' || !isSecureUrl(jwksUri))
      throw new Error(`the metadata at ${url} has no jwks_uri with https`);
    return jwksUri;
  }
  throw new Error(`the issuer ${issuer} has no metadata`);
};

/** Like `fetch`, but an answer that is too long fails. */
const fetchLimited = async (url: string, init: RequestInit): Promise<Response> => {
  const response = await fetch(url, init);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > DOCUMENT_BYTES_MAX) throw new Error(`the answer of ${url} is longer than ${DOCUMENT_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  const body = response.status === 200 ? Buffer.concat(pieces) : null;
  return new Response(body, { status: body === null ? Math.max(response.status, 400) : 200 });
};
