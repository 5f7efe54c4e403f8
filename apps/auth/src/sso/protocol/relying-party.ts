import { Injectable } from '@nestjs/common';
import { type JWTVerifyGetKey, createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Configuration } from 'openid-client';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import type { Claims } from '../../jwt/claim-rules.js';
import { ALGORITHMS } from '../../jwt/issuer-tokens.js';
import type { KnownProvider } from '../providers/provider.service.js';
import { presetOf } from '../providers/presets.js';
import { githubClaims } from './github.js';
import { graphGroups, hasTooManyGroups } from './graph-groups.js';
import { ProviderFailures } from './provider-failures.js';
import { type WebFetch, webFetch } from './web-fetch.js';

/** What a sign-in that was begun is known again by. Secret, but for the state. */
export interface Challenge {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A provider as it is asked. */
interface Opened {
  readonly configuration: Configuration;
  /** `null`: it has none. */
  readonly keys: JWTVerifyGetKey | null;
}

const OPENED_MAX = 100;
/** A provider that changes its metadata is seen within it. */
const OPENED_MS = 10 * 60_000;
const CLOCK_SKEW_S = 60;

type Library = typeof import('openid-client');

/** The gateway as a relying party of OpenID Connect, by `openid-client`; loaded with the first sign-in. */
@Injectable()
export class RelyingParty {
  private readonly fetch: WebFetch;
  private readonly opened = new LRUCache<string, Promise<Opened>>({ max: OPENED_MAX, ttl: OPENED_MS });
  private readonly failures: ProviderFailures;
  private library: Promise<Library> | undefined;

  constructor(@InjectBus() bus: Bus, @InjectLogger() logger: Logger) {
    this.fetch = webFetch(bus);
    this.failures = new ProviderFailures(logger);
  }

  /** Where a browser signs in, and what to know the answer by. Rejects with `auth.provider_unavailable`. */
  async begin(known: KnownProvider, redirectUri: string): Promise<{ url: URL; challenge: Challenge }> {
    const { provider } = known;
    try {
      const library = await this.load();
      const { configuration } = await this.open(known);
      const challenge = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        verifier: library.randomPKCECodeVerifier(),
      };
      const [domain = '', ...otherDomains] = provider.domains;
      const url = library.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: provider.scopes.join(' '),
        state: challenge.state,
        code_challenge: await library.calculatePKCECodeChallenge(challenge.verifier),
        code_challenge_method: 'S256',
        ...(provider.issuer !== null && { nonce: challenge.nonce }),
        ...(provider.preset === 'google' && domain !== '*' && otherDomains.length === 0 && { hd: domain }),
      });
      return { url, challenge };
    } catch (error) {
      throw this.failures.named(error, provider);
    }
  }

  /**
   * What the provider says of who comes back to `callback`, which has the query that it gave the browser. Rejects with
   * `auth.sign_in_refused` where it, or its answer, is not good, and `auth.provider_unavailable`.
   */
  async finish(known: KnownProvider, callback: URL, { state, nonce, verifier }: Challenge): Promise<Claims> {
    const { provider } = known;
    const isOidc = provider.issuer !== null;
    try {
      const library = await this.load();
      const { configuration, keys } = await this.open(known);
      const tokens = await library.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        ...(isOidc && { expectedNonce: nonce, idTokenExpected: true }),
      });
      const token = tokens.access_token;
      const named = new Set(provider.rules.map(({ claim }) => claim.split('.', 1)[0] ?? ''));
      if (!isOidc) {
        const userUrl = provider.endpoints.userinfo ?? '';
        return await githubClaims({ fetch: this.fetch, token, userUrl, wantsGroups: named.has('groups') });
      }
      const said = tokens.claims() as Claims & { readonly sub: string };
      const access = presetOf(provider.preset).readsAccessToken ? await accessClaims(token, said, keys) : {};
      const claims = { ...access, ...said };
      if (provider.preset === 'entra')
        return named.has('groups') && hasTooManyGroups(claims)
          ? { ...claims, groups: await graphGroups(this.fetch, token) }
          : claims;
      const wanted = ['email', 'email_verified', ...named];
      const { userinfo_endpoint: hasUserinfo } = configuration.serverMetadata();
      if (hasUserinfo === undefined || wanted.every((claim) => claim in claims)) return claims;
      return { ...(await library.fetchUserInfo(configuration, token, said.sub)), ...claims };
    } catch (error) {
      throw this.failures.named(error, provider);
    }
  }

  /** The claims of a token that the provider signed. Rejects, with an error of jose, for any other. */
  async verified(known: KnownProvider, token: string): Promise<Claims> {
    const { keys, configuration } = await this.open(known).catch((error: unknown) => {
      throw this.failures.named(error, known.provider);
    });
    if (keys === null) throw fail('auth.credential_invalid');
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: configuration.serverMetadata().issuer,
      audience: known.provider.clientId,
      clockTolerance: CLOCK_SKEW_S,
    });
    return payload;
  }

  private load(): Promise<Library> {
    this.library ??= import('openid-client');
    return this.library;
  }

  private open(known: KnownProvider): Promise<Opened> {
    const key = `${known.provider.id} ${known.version}`;
    const before = this.opened.get(key);
    if (before !== undefined) return before;
    const opening = this.discover(known);
    this.opened.set(key, opening);
    opening.catch(() => this.opened.delete(key));
    return opening;
  }

  private async discover({ provider, secret }: KnownProvider): Promise<Opened> {
    const library = await this.load();
    const { issuer, endpoints, clientId, preset } = provider;
    const authenticate = (secret === null ? library.None() : secretOf(library, secret)) as ReturnType<Library['None']>;
    const given = {
      ...(endpoints.authorization !== null && { authorization_endpoint: endpoints.authorization }),
      ...(endpoints.token !== null && { token_endpoint: endpoints.token }),
      ...(endpoints.userinfo !== null && { userinfo_endpoint: endpoints.userinfo }),
      ...(endpoints.jwks !== null && { jwks_uri: endpoints.jwks }),
    };
    const method = presetOf(preset).clientAuthentication;
    const own = { ...given, ...(method !== undefined && { token_endpoint_auth_methods_supported: [method] }) };
    let configuration: Configuration;
    if (issuer === null) {
      const name = new URL(endpoints.authorization ?? '').origin;
      configuration = new library.Configuration({ issuer: name, ...own }, clientId, {}, authenticate);
    } else {
      const isPlain = new URL(issuer).protocol === 'http:';
      configuration = await library.discovery(new URL(issuer), clientId, {}, authenticate, {
        [library.customFetch]: this.fetch,
        ...(isPlain && { execute: [library.allowInsecureRequests] }),
      });
      if (Object.keys(given).length > 0) {
        const found = Object.entries(configuration.serverMetadata()).filter(([name]) => name !== 'supportsPKCE');
        const server = { issuer, ...(Object.fromEntries(found) as object), ...given };
        configuration = new library.Configuration(server, clientId, {}, authenticate);
      }
      if (isPlain) library.allowInsecureRequests(configuration);
      library.enableNonRepudiationChecks(configuration);
    }
    configuration[library.customFetch] = this.fetch;
    const jwksUri = configuration.serverMetadata().jwks_uri;
    const keys =
      jwksUri === undefined ? null : createRemoteJWKSet(new URL(jwksUri), { [joseFetch]: (url) => this.fetch(url) });
    return { configuration, keys };
  }
}

/** By the method that the provider takes; where it does not say, the one that all take. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
const secretOf =
  (library: Library, secret: string): ReturnType<Library['ClientSecretPost']> =>
  (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic = methods.includes('client_secret_basic') || !methods.includes('client_secret_post');
    return (isBasic ? library.ClientSecretBasic(secret) : library.ClientSecretPost(secret))(server, ...rest);
  };

/** Of an access token that can be read and is of the same user. */
const accessClaims = async (token: string, { iss, sub }: Claims, keys: JWTVerifyGetKey | null): Promise<Claims> => {
  if (keys === null || typeof iss !== 'string' || token.split('.').length !== 3) return {};
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: iss,
    clockTolerance: CLOCK_SKEW_S,
  });
  const { email: _email, email_verified: _verified, ...rest } = payload;
  return payload.sub === sub ? rest : {};
};
