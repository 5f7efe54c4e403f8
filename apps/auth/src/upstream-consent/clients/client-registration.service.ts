import { Injectable } from '@nestjs/common';
import type { OAuthClient, TokenEndpointAuthMethod } from '#contracts/auth/oauth/oauth-client';
import { LOOPBACK } from '#contracts/auth/trusted-issuers';
import { PostForm } from '#contracts/tool-invocation/web/post-form.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { isRecord } from '../../jwt/claims.js';
import { parsed, unavailable, unfit } from '../../upstream-credentials/oauth/authorization-server.js';
import type { AuthenticatedClient } from '../../upstream-credentials/oauth/client-authentication.js';
import { KeyRing } from '../../encryption/key-ring.js';
import type { ConsentPlace } from '../place/consent-place.js';
import { clientDescription, clientDocumentUrl } from './client-description.js';
import { type UpstreamClientRow, UpstreamClientRepository } from './upstream-client.repository.js';

const ANSWER_BYTES_MAX = 64 * 1024;
const REGISTER_MS = 5_000;
const TEXT_CHARS_MAX = 2_048;
/** Of a registration; the first that the authorization server knows. */
const METHODS: readonly TokenEndpointAuthMethod[] = ['none', 'client_secret_post', 'client_secret_basic'];

/** As whom the gateway asks people for their consent. */
@Injectable()
export class ClientRegistrationService {
  private readonly registering = new Map<string, Promise<AuthenticatedClient>>();

  constructor(
    private readonly rows: UpstreamClientRepository,
    private readonly keyRing: KeyRing,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * The client that was given, else one that its document describes, else one that is registered once and kept. Rejects with
   * `upstream.…` where there is no way to be one.
   */
  async clientFor(
    upstreamId: string,
    given: OAuthClient,
    place: ConsentPlace,
    publicUrl: string,
  ): Promise<AuthenticatedClient> {
    if (given.clientId !== null) return authenticated(given);
    if (place.readsClientDocuments && isReachable(publicUrl))
      return publicClient(clientDocumentUrl(publicUrl, upstreamId));
    const { issuer, registrationUrl } = place;
    if (issuer === null || registrationUrl === null)
      throw unfit('it registers no clients by itself: register this gateway there and give its clientId');
    const key = `${upstreamId} ${issuer}`;
    let client = this.registering.get(key);
    if (client === undefined) {
      client = this.registeredFor(upstreamId, issuer, () =>
        this.register(registrationUrl, place, (method) => clientDescription(publicUrl, upstreamId, method)),
      ).finally(() => this.registering.delete(key));
      this.registering.set(key, client);
    }
    return client;
  }

  /** Another is registered when one is needed, unless that was done since: many people may have consents of one client. */
  async forget(upstreamId: string, issuer: string | null, clientId: string | null): Promise<void> {
    const known = issuer === null ? null : await this.rows.find(upstreamId, issuer);
    if (known !== null && known.clientId === (clientId ?? '')) await this.rows.forget(known.id);
  }

  private async registeredFor(
    upstreamId: string,
    issuer: string,
    register: () => Promise<AuthenticatedClient>,
  ): Promise<AuthenticatedClient> {
    const known = await this.rows.find(upstreamId, issuer);
    const opened = known === null ? null : this.opened(known);
    if (opened !== null) return opened;
    if (known !== null) await this.rows.forget(known.id);
    const client = await register();
    const sealed = this.keyRing.seal(JSON.stringify(client), clientPurpose(upstreamId, issuer));
    await this.rows.keep({ upstreamId, issuer, clientId: client.clientId ?? '' }, sealed);
    this.logger.info({ upstreamId, issuer }, 'the gateway registered itself at an authorization server');
    const kept = await this.rows.find(upstreamId, issuer);
    return (kept && this.opened(kept)) ?? client;
  }

  /** https://www.rfc-editor.org/rfc/rfc7591#section-3 */
  private async register(
    url: string,
    { authMethods, namedBy }: ConsentPlace,
    describe: (method: TokenEndpointAuthMethod) => object,
  ): Promise<AuthenticatedClient> {
    const method = authMethods === null ? 'none' : METHODS.find((each) => authMethods.includes(each));
    if (method === undefined) throw unfit('a client that registers itself cannot authenticate there');
    const body = JSON.stringify(describe(method));
    const answer = await this.bus
      .ask(
        PostForm,
        { url, bytesMax: ANSWER_BYTES_MAX, isJson: true, ...(namedBy && { namedBy }) },
        { body, timeoutMs: REGISTER_MS },
      )
      .catch((error: unknown) => {
        throw unavailable(toGatewayError(error));
      });
    const said = parsed(answer.body?.toString() ?? '');
    const { status } = answer.head;
    if ((status !== 201 && status !== 200) || !isRecord(said))
      throw fail('upstream.unauthorised', {
        message: `The authorization server does not register this gateway: HTTP ${status}`,
        executed: 'no',
      });
    return registeredClient(said, method);
  }

  private opened({ upstreamId, issuer, keyId, sealed }: UpstreamClientRow): AuthenticatedClient | null {
    if (!this.keyRing.keyIds.includes(keyId)) return null;
    const text = this.keyRing.open({ keyId, bytes: sealed }, clientPurpose(upstreamId, issuer));
    return JSON.parse(text) as AuthenticatedClient;
  }
}

/** What the secret of a client is sealed for. */
export const clientPurpose = (upstreamId: string, issuer: string): string => `client ${upstreamId} ${issuer}`;

const NO_KEY = { privateKey: null, privateKeyJwtKid: null, tokenEndpointAuthSigningAlg: null };

const publicClient = (clientId: string): AuthenticatedClient => ({
  ...NO_KEY,
  clientId,
  clientSecret: null,
  tokenEndpointAuthMethod: 'none',
});

const authenticated = (client: OAuthClient): AuthenticatedClient => {
  const { clientId, clientSecret, privateKey, privateKeyJwtKid } = client;
  const { tokenEndpointAuthMethod, tokenEndpointAuthSigningAlg } = client;
  return {
    clientId,
    clientSecret,
    privateKey,
    privateKeyJwtKid,
    tokenEndpointAuthMethod,
    tokenEndpointAuthSigningAlg,
  };
};

/** The authorization server may have registered another method than was asked for. */
const registeredClient = (
  said: Readonly<Record<string, unknown>>,
  asked: TokenEndpointAuthMethod,
): AuthenticatedClient => {
  const { client_id: clientId, client_secret: secret, token_endpoint_auth_method: method = asked } = said;
  if (typeof clientId !== 'string' || clientId === '' || clientId.length > TEXT_CHARS_MAX)
    throw unfit('its registration has no client_id');
  const known = METHODS.find((each) => each === method);
  if (known === undefined) throw unfit('it registered a way to authenticate that was not asked for');
  const clientSecret = typeof secret === 'string' && secret !== '' ? secret.slice(0, TEXT_CHARS_MAX) : null;
  if (known !== 'none' && clientSecret === null) throw unfit('its registration has no client_secret');
  return { ...NO_KEY, clientId, clientSecret, tokenEndpointAuthMethod: known };
};

/** Whether an authorization server elsewhere can fetch a document from here. */
const isReachable = (publicUrl: string): boolean => {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' && !LOOPBACK.has(hostname);
};
