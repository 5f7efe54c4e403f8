import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { fail } from '#libs/errors';
import { discoveredFrom } from '../../sources/api-reading.js';
import type { A2aBody } from '../../sources/a2a/a2a.body.js';
import type { A2aSource } from '../../sources/a2a/a2a-source.js';
import { A2aSourceService, type A2aTerms } from '../../sources/a2a/a2a-source.service.js';
import { type Discovery, failedDiscovery } from '../discovery-result.js';
import { placeOf } from '../addresses/addresses.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { type Connection, profileOf } from '../profile.js';

type Credential = UpstreamCredential | null | undefined;

const NEW: A2aSource = { endpoint: null, protocolVersion: null };

/** Finds out what A2A agents are. */
@Injectable()
export class A2aDiscoveryService {
  constructor(private readonly agents: A2aSourceService) {}

  /** Throws `http.invalid` for a body that is not one of an agent, and what reading its card fails with. */
  readNew(connection: Connection, body: RegisterGatewayBody, credential: Credential): Promise<Discovery> {
    const { name, description = null } = body;
    return this.read(connection, sourceFrom(body.a2a ?? {}, NEW), { name, description, ...shown(credential) });
  }

  /** What is known of a new one that cannot be reached. */
  unreached(body: RegisterGatewayBody, error: unknown): Discovery {
    return { ...failedDiscovery('A2A', error), a2a: { source: sourceFrom(body.a2a ?? {}, NEW), agent: null } };
  }

  /** Whether an update says anything that the card has to be read anew for. `moves`: it is reached in another way. */
  isRead({ transport, a2aSource }: GatewayEntity, { a2a }: UpdateGatewayBody, moves: boolean): boolean {
    const before = a2aSource ?? NEW;
    return transport === 'A2A' && (moves || (a2a !== undefined && !isDeepStrictEqual(sourceFrom(a2a, before), before)));
  }

  /** Whether an update sends messages, and with them the credential, to an origin that was not named before; an access token, to a path. */
  sendsElsewhere({ a2aSource, url, credentialShape }: GatewayEntity, { a2a }: UpdateGatewayBody): boolean {
    const endpoint = a2a?.endpoint;
    if (!endpoint) return false;
    const isExact = credentialShape.authType === 'oauth';
    const named = [a2aSource?.endpoint, url].flatMap((each) => (each ? [placeOf(each, isExact)] : []));
    return !named.includes(placeOf(endpoint, isExact));
  }

  /** Throws as `readNew` does. */
  readChanged(
    before: GatewayEntity,
    connection: Connection,
    body: UpdateGatewayBody,
    credential?: UpstreamCredential | null,
  ): Promise<Discovery> {
    const { name = before.name, description = before.description } = body;
    const source = sourceFrom(body.a2a ?? {}, before.a2aSource ?? NEW);
    return this.read(connection, source, { name, description, ...shown(credential) });
  }

  /** Reads the card of a gateway anew. */
  reread(gateway: GatewayEntity): Promise<Discovery> {
    return this.read(gateway, gateway.a2aSource ?? NEW, gateway);
  }

  private async read(connection: Connection, source: A2aSource, terms: A2aTerms): Promise<Discovery> {
    const askedAt = new Date();
    const { name, description, credential } = terms;
    const reading = await this.agents.read(profileOf(connection), source, { name, description, ...shown(credential) });
    return { discovered: discoveredFrom(reading, 'A2A'), askedAt, reading, a2a: reading.a2a };
  }
}

const shown = (credential: Credential) => (credential === undefined ? {} : { credential });

/** What a body says of how the agent is read; what it leaves out stays. */
const sourceFrom = (body: A2aBody, before: A2aSource): A2aSource => {
  const { endpoint = before.endpoint, protocolVersion = before.protocolVersion } = body;
  if (endpoint !== null) {
    const url = URL.parse(endpoint);
    if (
      url === null ||
      !/^https?:$/.test(url.protocol) ||
      url.username !== '' ||
      url.password !== '' ||
      url.search !== ''
    )
      throw fail('http.invalid', { message: 'a2a.endpoint must be an http: or https: URL without user and query' });
  }
  return { endpoint, protocolVersion };
};
