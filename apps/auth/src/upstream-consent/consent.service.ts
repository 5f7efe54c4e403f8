import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { ShowGateways, type ShownGateway } from '#contracts/registry/show-gateways.request';
import { type Bus, InjectBus } from '#libs/bus';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { nameActor } from '#libs/storage';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { postToken } from '../upstream-credentials/oauth/access-token.js';
import type { PersonalGrant } from '../upstream-credentials/oauth/personal-grant.js';
import { UpstreamCredentialService } from '../upstream-credentials/upstream-credential.service.js';
import { codeOf } from './authorization-answer.js';
import { CALLBACK_PATH, callbackPathOf } from './clients/client-description.js';
import { ClientRegistrationService } from './clients/client-registration.service.js';
import { KeptConsents } from './kept-consents.service.js';
import { type ConsentFlow, ConsentFlowRepository, hashOf } from './consent-flow.repository.js';
import { findConsentPlace } from './place/consent-place.js';

/** What a consent is to. */
export interface AskedConsent {
  readonly gateway: Pick<ShownGateway, 'name' | 'origin'>;
  /** What the token is for; null: the authorization server is not told. */
  readonly resource: string | null;
}

/** Where whoever is asked for a consent is sent. */
export interface BegunConsent extends AskedConsent {
  readonly location: string;
  /** What the browser brings back besides: nobody else may end what it began. */
  readonly browser: { readonly name: string; readonly secret: string };
}

/** How a person comes back. */
export interface WayBack {
  readonly path: string;
  readonly answer: URLSearchParams;
  /** Null: the browser has no such cookie. */
  readonly cookieOf: (name: string) => string | null;
  readonly address: string;
}

/** Who has consented to what. */
export interface CompletedConsent extends AskedConsent {
  readonly upstreamId: string;
  readonly userEmail: string;
  /** Of the browser, of no more use. */
  readonly cookie: string;
}

/** Asks people for their consent to calls of upstreams, and takes it. https://www.rfc-editor.org/rfc/rfc7636 */
@Injectable()
export class ConsentService {
  constructor(
    private readonly credentials: UpstreamCredentialService,
    private readonly clients: ClientRegistrationService,
    private readonly flows: ConsentFlowRepository,
    private readonly kept: KeptConsents,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** A gateway that the principal sees. Throws `registry.unknown`. */
  async gatewayFor(upstreamId: string, principal: Principal): Promise<ShownGateway> {
    const { head } = await this.bus.ask(ShowGateways, { gatewayIds: [upstreamId], principal });
    const [gateway] = head.gateways;
    if (gateway === undefined) throw fail('registry.unknown');
    return gateway;
  }

  /**
   * Where a person consents. Rejects with `registry.unknown` for a gateway that they do not see, or that needs no consent, with
   * `auth.not_offered` without PUBLIC_URL, and with `upstream.…` where the upstream, or its authorization server, cannot be used.
   */
  async begin(upstreamId: string, principal: Principal): Promise<BegunConsent> {
    const { publicUrl } = this.settings;
    if (publicUrl === null)
      throw fail('auth.not_offered', { message: 'Nobody can come back here: PUBLIC_URL is not set' });
    const gateway = await this.gatewayFor(upstreamId, principal);
    const { client: given, query, version } = await this.credentials.clientOf(upstreamId);
    const place = await findConsentPlace(given, query, this.bus);
    const unknownId = await this.kept.unknownClientOf(upstreamId, principal.id);
    if (unknownId !== null) await this.clients.forget(upstreamId, place.issuer, unknownId);
    const client = await this.clients.clientFor(upstreamId, given, place, publicUrl);
    const callbackPath = given.clientId === null ? callbackPathOf(upstreamId) : CALLBACK_PATH;
    const [state, verifier, secret] = [secretText(), secretText(), secretText()];
    const { issuer, authorizationUrl, tokenUrl, revocationUrl, namedBy, namesItself, resource } = place;
    const besides = await this.kept.wantedBesides(upstreamId, principal.id);
    const scopes = [...new Set([...place.scopes, ...besides])];
    await this.flows.keep(state, {
      upstreamId,
      userEmail: principal.id.toLowerCase(),
      gateway: { name: gateway.name, origin: gateway.origin },
      credentialVersion: version,
      browserHash: hashOf(secret),
      verifier,
      callbackPath,
      place: { issuer, authorizationUrl, tokenUrl, revocationUrl, namedBy, namesItself, resource, scopes },
      client,
    });
    const location = new URL(authorizationUrl);
    const parameters = {
      ...given.authorizationParameters,
      ...(scopes.includes('offline_access') && !given.authorizationParameters?.['prompt'] && { prompt: 'consent' }),
      ...(given.audience !== null && { audience: given.audience }),
      response_type: 'code',
      client_id: client.clientId ?? '',
      redirect_uri: `${publicUrl}${callbackPath}`,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(resource !== null && { resource }),
      state,
      code_challenge: hashOf(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
    return { gateway, resource, location: location.href, browser: { name: this.browserCookieOf(state), secret } };
  }

  /**
   * Takes what a browser brings back. Rejects with `http.invalid` for an answer that is not to be taken, and
   * with `upstream.…` where the authorization server gives no token; nothing is kept then.
   */
  async complete({ path, answer, cookieOf, address }: WayBack): Promise<CompletedConsent> {
    const [state, another] = answer.getAll('state');
    if (!state || another !== undefined) throw unknownFlow();
    const flow = await this.flows.take(state);
    const cookie = this.browserCookieOf(state);
    const secret = cookieOf(cookie);
    if (flow === null || secret === null || !isSame(hashOf(secret), flow.browserHash)) throw unknownFlow();
    const { upstreamId, userEmail, gateway, place } = flow;
    // The answer of whoever knows that address alone, be it by the state of another.
    if (path !== flow.callbackPath) throw unknownFlow();
    const code = codeOf(answer, place);
    nameActor({ kind: 'user', id: userEmail, address });
    await this.take(flow, code);
    return { upstreamId, userEmail, gateway, resource: place.resource, cookie };
  }

  private async take(flow: ConsentFlow, code: string): Promise<void> {
    const { upstreamId, userEmail, place, client, verifier, callbackPath, credentialVersion } = flow;
    const { issuer, tokenUrl, revocationUrl, namedBy, resource } = place;
    const token = await postToken(this.bus, { url: tokenUrl, audience: issuer ?? tokenUrl, namedBy }, client, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${this.settings.publicUrl}${callbackPath}`,
      code_verifier: verifier,
      ...(resource !== null && { resource }),
    }).catch(async (error: unknown) => {
      // It is not known there any more; whoever tries again is registered anew.
      if (toGatewayError(error).data?.['oauthError'] === 'invalid_client')
        await this.clients.forget(upstreamId, issuer, client.clientId);
      throw error;
    });
    const consentId = randomUUID();
    const grant: PersonalGrant = {
      consentId,
      issuer,
      tokenUrl,
      revocationUrl,
      namedBy,
      client,
      resource,
      accessToken: token.value,
      refreshToken: token.refreshToken ?? null,
    };
    const scopes = token.scope === undefined ? place.scopes : token.scope.split(' ').filter(Boolean);
    const isKept = await this.kept.begin(
      { upstreamId, userEmail },
      { credentialVersion, consentId, issuer, scopes, askedScopes: place.scopes },
      { text: JSON.stringify(grant), lifeMs: token.lifeMs },
    );
    if (!isKept) throw fail('http.invalid', { message: 'The gateway was changed meanwhile; begin anew' });
  }

  /** Several may be begun in one browser. By that prefix no other host, and nobody without TLS, has set it. */
  private browserCookieOf(state: string): string {
    const prefix = this.settings.publicUrl?.startsWith('https:') ? '__Host-' : '';
    return `${prefix}switchyard_consent_${hashOf(state).slice(0, 16)}`;
  }
}

const secretText = (): string => randomBytes(32).toString('base64url');

const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other));

const unknownFlow = (): GatewayError =>
  fail('http.invalid', {
    message: 'This consent was not begun in this browser, was ended already, or has expired; begin anew',
  });
