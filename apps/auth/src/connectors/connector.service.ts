import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConnectorRevoked } from '#contracts/auth/connectors/connector-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import { ListConnections } from '#contracts/tool-invocation/connectors/relay-request.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { TokenIssuer, lifeOf } from '../tokens/token-issuer.js';
import { fingerprintOf } from '../tokens/token-record.js';
import type { CreateConnectorBody } from './connector.body.js';
import type { Connector } from './connector.entity.js';
import { type ConnectorPage, ConnectorRepository } from './connector.repository.js';

const EXPIRES_IN_DAYS = 90;
/** Before the token, so that whoever finds one knows what it is. */
const TOKEN_PREFIX = 'swc_';
const TOKEN_BYTES = 32;

export interface AdmittedConnector {
  readonly connectorId: string;
  readonly label: string;
  readonly names: readonly string[];
  readonly expiresInMs: number;
}

/** Makes connectors, recognises their tokens and ends them. Of a token only its hash is kept. */
@Injectable()
export class ConnectorService {
  constructor(
    private readonly connectors: ConnectorRepository,
    private readonly issuer: TokenIssuer,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * `credential` is the token that asks for it, which it does not outlive; its own is in this answer and nowhere afterwards. Throws
   * `auth.grant_missing` for a token that is restricted as connectors are not, `http.invalid` for too long a life, `http.conflict` for too many,
   * `auth.credential_invalid` where the token, or its user, was ended meanwhile.
   */
  async create(
    caller: Principal,
    credential: string,
    { name, upstreams, expiresInDays }: CreateConnectorBody,
  ): Promise<{ readonly connector: Connector; readonly token: string }> {
    checkUnrestricted(caller);
    const parent = await this.issuer.read(credential);
    const maxMs = this.settings.tokenLifeMaxMs;
    const lifeMs = lifeOf(parent, { expiresInDays, usualDays: EXPIRES_IN_DAYS, maxMs });
    const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const connector = await this.connectors.add({
      id: randomUUID(),
      label: name,
      names: [...new Set(upstreams)],
      tokenHash: fingerprintOf(token),
      createdBy: caller.id,
      parentTokenId: parent.tokenId,
      expiresAt: new Date(Date.now() + lifeMs),
    });
    if (connector === 'too_many') throw fail('http.conflict', { message: 'There are too many connectors' });
    if (connector === 'ended') throw fail('auth.credential_invalid', { message: 'The credential has been revoked' });
    return { connector, token };
  }

  list(limit: number, offset: number): Promise<ConnectorPage> {
    return this.connectors.list(limit, offset);
  }

  /** What is connected now, by the connector's id; `null` where nobody can tell. */
  async connections(): Promise<ReadonlyMap<string, readonly ConnectorConnection[]> | null> {
    const connections = await this.bus.ask(ListConnections, {}).then(
      ({ head }) => head.connections,
      () => null,
    );
    return connections === null ? null : Map.groupBy(connections, ({ connectorId }) => connectorId);
  }

  /** Ends its token and its connections, at once. Throws `registry.unknown`. */
  async revoke(id: string): Promise<void> {
    if ((await this.connectors.find(id)) === null) throw fail('registry.unknown');
    await this.connectors.revoke(id);
    // Said again of one that has ended, where it was not heard the first time.
    this.bus.publish(ConnectorRevoked, { connectorId: id });
  }

  /** Throws `auth.credential_missing`, `auth.credential_invalid`. */
  async admit(token: string | null): Promise<AdmittedConnector> {
    if (token === null) throw fail('auth.credential_missing');
    const found = token.startsWith(TOKEN_PREFIX) ? await this.connectors.join(fingerprintOf(token)) : null;
    if (found === null) throw fail('auth.credential_invalid', { message: 'This is no good token of a connector' });
    const { id, label, names, expiresAt } = found;
    return { connectorId: id, label, names, expiresInMs: Math.max(0, expiresAt.getTime() - Date.now()) };
  }

  findGood(ids: readonly string[]): Promise<readonly string[]> {
    return this.connectors.findGood(ids);
  }
}

/** A connector joins from anywhere, at any time, for the whole gateway. */
const checkUnrestricted = ({ conditions, serverId, endpoints }: Principal): void => {
  if (conditions !== undefined)
    throw fail('auth.grant_missing', {
      message: 'The token that asks is restricted by address or time, which connectors are not: log in to make one',
    });
  if (serverId !== null || endpoints !== undefined)
    throw fail('auth.grant_missing', { message: 'The token that asks is for certain endpoints alone' });
};
