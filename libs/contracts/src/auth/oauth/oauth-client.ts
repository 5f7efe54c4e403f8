/** How a client shows an authorization server who it is. https://www.rfc-editor.org/rfc/rfc7591#section-2, RFC 7523 for the key. */
export const TOKEN_ENDPOINT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const;

/** One of them. */
export type TokenEndpointAuthMethod = (typeof TOKEN_ENDPOINT_AUTH_METHODS)[number];

/** By which a client with a key signs; those of https://www.rfc-editor.org/rfc/rfc7518#section-3.1 and RFC 8037 that have two keys. */
export const ASSERTION_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** One of them. */
export type AssertionAlgorithm = (typeof ASSERTION_ALGORITHMS)[number];

/**
 * How tokens are got: by the gateway as itself, for all callers; for each person with their consent; or for the token of the caller, by
 * RFC 8693 or as Entra does it.
 */
export const OAUTH_GRANT_TYPES = [
  'client_credentials',
  'authorization_code',
  'token-exchange',
  'on-behalf-of',
] as const;

/** One of them. */
export type OAuthGrantType = (typeof OAUTH_GRANT_TYPES)[number];

/** Whether each call is made for the token of its caller. */
export const exchangesTokens = (grantType: OAuthGrantType | undefined): boolean =>
  grantType === 'token-exchange' || grantType === 'on-behalf-of';

/** What of a client may be told: all but its secret and its key. */
export interface ShownOAuthClient {
  readonly grantType: OAuthGrantType;
  /** Whose metadata says where tokens are issued (RFC 8414); null where `tokenUrl` says it, or the upstream does. */
  readonly issuer: string | null;
  readonly tokenUrl: string | null;
  /** Where people consent, beside `tokenUrl`; absent: where the metadata says. */
  readonly authorizationUrl?: string;
  /** Where the metadata of `issuer` is, if elsewhere. */
  readonly authorizationServer?: string;
  /** What goes to the authorization endpoint besides. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /** Null: the gateway registers itself. */
  readonly clientId: string | null;
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;
  /** For `private_key_jwt`; else null. */
  readonly tokenEndpointAuthSigningAlg: AssertionAlgorithm | null;
  readonly privateKeyJwtKid: string | null;
  readonly scopes: readonly string[];
  /** What the token is to be for (RFC 8707); null: the authorization server is not told. */
  readonly resource: string | null;
  /** The same for servers that know no `resource`. */
  readonly audience: string | null;
}

/** A client of an authorization server, which gets access tokens there. Secret. https://www.rfc-editor.org/rfc/rfc6749#section-4 */
export interface OAuthClient extends ShownOAuthClient {
  /** For the two methods with a secret. */
  readonly clientSecret: string | null;
  /** In PEM, for `private_key_jwt`. */
  readonly privateKey: string | null;
  /** For `authorization_code`: the upstream, which says whom it trusts, without its query. */
  readonly upstreamUrl?: string;
  /** For `authorization_code`: the user with whose consent the gateway asks what the upstream offers. */
  readonly catalogUser?: string;
}
