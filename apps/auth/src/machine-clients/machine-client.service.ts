import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { firstNotHeld } from '../policy/grants.js';
import { slugOf } from '../teams/slug.js';
import { TeamAccess } from '../teams/team-access.js';
import { TokenService } from '../tokens/token.service.js';
import { TokenIssuer, lifeOf } from '../tokens/token-issuer.js';
import { fingerprintOf } from '../tokens/token-record.js';
import { UserService } from '../users/user.service.js';
import { publicKeysOf } from './client-keys.js';
import type { RegisterMachineClientBody } from './machine-client.body.js';
import { MachineClientRepository, type RecordedClient } from './machine-client.repository.js';

const EXPIRES_IN_DAYS = 90;
/** Those that are good at once. */
const CLIENTS_MAX = 1_000;
/** Of ids, so that nobody looks for others among them. */
const ID_PREFIX = 'm2m-';
const SLUG_CHARS_MAX = 40;
/** Before a secret, so that whoever finds one knows what it is. */
const SECRET_PREFIX = 'swm_';
const SECRET_BYTES = 32;

export interface RegisteredClient {
  readonly client: RecordedClient;
  /** `null`: it has keys. */
  readonly secret: string | null;
  readonly tokenEndpoint: string;
}

/**
 * Clients without a user (https://www.rfc-editor.org/rfc/rfc6749#section-4.4). Each is on record as a token of whoever registered it, may do
 * no more than they may at that moment, and ends with that record. Of a secret only its hash is kept.
 */
@Injectable()
export class MachineClientService {
  constructor(
    private readonly clients: MachineClientRepository,
    private readonly tokens: TokenService,
    private readonly issuer: TokenIssuer,
    private readonly users: UserService,
    private readonly teams: TeamAccess,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /**
   * `credential` is the token that asks for it, which the client does not outlive. The secret is in this answer and nowhere afterwards.
   * Throws `http.conflict` where there is no authorization server of our own, the name is taken or there are too many,
   * `auth.grant_missing` for what the caller does not hold or the token does not allow, `http.invalid`, `auth.credential_invalid` where
   * the token was ended meanwhile.
   */
  async register(caller: Principal, credential: string, body: RegisterMachineClientBody): Promise<RegisteredClient> {
    const { authorizationServer } = this.settings;
    if (authorizationServer === null)
      throw fail('http.conflict', {
        message:
          'The gateway is no authorization server (PUBLIC_URL is not set, or TRUSTED_ISSUERS names another): register the client there',
      });
    const user = await this.users.find(caller.id);
    if (user === null) throw fail('http.conflict', { message: 'Only users that are known here can register clients' });
    const parent = await this.issuer.read(credential);
    const scopes = [...new Set(body.scopes)];
    this.checkHeld(caller, scopes);
    const teamId = body.teamId ?? null;
    if (teamId !== null) await this.teams.reached(caller, teamId);
    const authMethod = body.tokenEndpointAuthMethod ?? 'client_secret_basic';
    const jwks = publicKeysOf(authMethod, body.jwks ?? null);
    if ((await this.clients.countGood()) >= CLIENTS_MAX)
      throw fail('http.conflict', { message: 'There are too many clients; revoke one' });
    const secret = jwks === null ? `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}` : null;
    const tokenId = randomUUID();
    await this.tokens.keepConsent({
      consentId: tokenId,
      user,
      teamId,
      madeBy: 'client',
      origin: null,
      name: body.name,
      description: body.description ?? '',
      permissions: [...new Set(scopes.flatMap((scope) => OWN_SCOPES.get(scope) ?? []))],
      parent,
      expiresInMs: lifeOf(parent, {
        expiresInDays: body.expiresInDays,
        usualDays: EXPIRES_IN_DAYS,
        maxMs: this.settings.tokenLifeMaxMs,
      }),
    });
    const clientId = idOf(body.name);
    const secretHash = secret === null ? null : fingerprintOf(secret);
    await this.clients.add({ clientId, tokenId, authMethod, secretHash, jwks, scopes });
    const client = await this.find(clientId);
    return { client, secret, tokenEndpoint: `${authorizationServer.issuer.issuer}/token` };
  }

  list(limit: number, offset: number): Promise<{ clients: readonly RecordedClient[]; total: number }> {
    return this.clients.list(limit, offset);
  }

  /** One that may have tokens now; `null` for any other, and for clients with a user. */
  async findGood(clientId: string): Promise<RecordedClient | null> {
    return clientId.startsWith(ID_PREFIX) ? this.clients.findGood(clientId) : null;
  }

  /** Ends its tokens, everywhere and at once. Throws `registry.unknown`. */
  async revoke(caller: Principal, clientId: string): Promise<void> {
    const { tokenId, expiresAt } = await this.find(clientId);
    // Said again of one that has ended, where it was not heard the first time.
    await this.tokens.end(tokenId, expiresAt, caller.id);
  }

  private async find(clientId: string): Promise<RecordedClient> {
    const client = await this.clients.find(clientId);
    if (client === null) throw fail('registry.unknown');
    return client;
  }

  private checkHeld(caller: Principal, scopes: readonly string[]): void {
    if (caller.serverId !== null || caller.endpoints !== undefined)
      throw fail('auth.grant_missing', { message: 'The token that asks is for certain endpoints alone' });
    if (caller.conditions !== undefined)
      throw fail('auth.grant_missing', {
        message: 'The token that asks is restricted by address or time, which clients are not: log in to register one',
      });
    for (const scope of scopes) {
      const missing = firstNotHeld(caller, OWN_SCOPES.get(scope) ?? []);
      if (missing !== null)
        throw fail('auth.grant_missing', { message: `The scope ${scope} allows ${missing}, which you do not hold` });
    }
  }
}

/** Such that whoever reads of a call knows whose it was. */
const idOf = (name: string): string => {
  const slug = (slugOf(name) ?? '')
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, SLUG_CHARS_MAX)
    .replace(/^-+|-+$/g, '');
  return `${ID_PREFIX}${slug === '' ? 'client' : slug}-${randomBytes(4).toString('hex')}`;
};
