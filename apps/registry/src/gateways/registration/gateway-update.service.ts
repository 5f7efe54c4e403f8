import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { CatalogChanges } from '../../changes/catalog-changes.service.js';
import { Collisions } from '../../entries/name-conflict.service.js';
import type { Discovery } from '../findings.js';
import { exposedNameOf, prefixOf, problemWithName } from '../../entries/naming.js';
import { OfferApplicationService } from '../offer-application.service.js';
import { type Connection, profileOf, reachesSameUpstream } from '../profile.js';
import { UpstreamsService } from '../upstreams.service.js';
import { GatewayEntity } from '../gateway.entity.js';
import { newObjectId } from '../../storage/object-id.js';
import { RegistryStore } from '../../storage/registry-store.js';
import { type CredentialForm, credentialFrom } from './credential-form.js';
import { type AskedConnection, connectionFrom, isElsewhere } from './gateway-connection.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import { sightFrom } from '../../rest/ownership.js';
import { StdioPolicy } from './stdio-policy.service.js';

/**
 * Changes a gateway. A new address or credential is tried before anything is kept; a new name or prefix renames what
 * the gateway offers in the same transaction.
 */
@Injectable()
export class GatewayUpdateService {
  constructor(
    private readonly store: RegistryStore,
    private readonly collisions: Collisions,
    private readonly upstreams: UpstreamsService,
    private readonly offers: OfferApplicationService,
    private readonly changes: CatalogChanges,
    private readonly stdio: StdioPolicy,
  ) {}

  /** `before` is what the caller has been found to be allowed to change. */
  async update(before: GatewayEntity, body: UpdateGatewayBody, principal: Principal): Promise<void> {
    const { connection, transport } = connectionFrom(before.id, body, before, { policy: this.stdio, principal });
    const form = newFormOf(before, credentialFrom(body, transport));
    if (form !== null && transport === 'STDIO') this.stdio.mustAllow(principal);
    if (form === null && isElsewhere(before, connection) && hasSecret(before)) {
      throw fail('http.invalid', {
        message: 'The credential must be given again when the gateway moves to another place',
      });
    }
    const changes: Partial<GatewayEntity> = {
      ...connection,
      ...sightFrom(principal, body, before),
      args: [...connection.args],
      ...(body.description !== undefined && { description: body.description }),
      tags: body.tags ?? before.tags,
      ...(body.toolPrefix !== undefined && { toolPrefix: body.toolPrefix }),
      ...(body.sessionScope !== undefined && { sessionScope: body.sessionScope }),
      ...(body.listTtlMs !== undefined && { listTtlMs: body.listTtlMs }),
      ...(body.listCacheScope !== undefined && { listCacheScope: body.listCacheScope }),
      ...(form !== null && { credentialShape: form.shape }),
      updatedAt: new Date(),
    };
    const moves = form !== null || transport === 'AUTO' || !reachesSameUpstream(before, connection);
    const discovery = moves ? await this.tryOut(connection, transport, form) : null;

    await this.changes.make(async (manager, change) => {
      const current = await this.store.gateways.findById(before.id, manager);
      if (current === null) throw fail('registry.unknown');
      if (current.updatedAt.getTime() !== before.updatedAt.getTime()) {
        throw fail('http.conflict', { message: 'The gateway was changed by somebody else meanwhile' });
      }
      const after = Object.assign(new GatewayEntity(), current, changes);
      await this.collisions.refuseNamesake(after, principal, manager);
      await this.store.gateways.update(after.id, changes, manager);
      if (prefixOf(after) !== prefixOf(current)) await this.rename(after, principal, manager);
      if (discovery !== null) {
        await this.offers.apply(after, discovery, manager, change);
        after.transport = discovery.discovered.transport;
      }
      change.touchAllLists();
      change.upstreamIds.add(after.id);
      change.touchServers(await this.store.servers.findIdsByGateway(after.id, manager));
      if (form !== null || profileOf(after).version !== profileOf(current).version)
        change.upstreams.set(after.id, 'updated');
      // Last, so that no later failure leaves the old address with the new credential.
      if (form !== null) await this.upstreams.keepCredential(after.id, form.credential);
    });
  }

  /**
   * A new credential is tried under an id of its own, so that calls which come meanwhile still go to the old place with
   * the old credential, and neither meets the other's.
   */
  private async tryOut(
    connection: Connection,
    transport: AskedConnection['transport'],
    form: CredentialForm | null,
  ): Promise<Discovery> {
    if (form === null) {
      return this.upstreams.discover(connection, transport).catch((error: unknown) => {
        this.upstreams.letGo(connection.id, 'updated');
        throw error;
      });
    }
    const trial = { ...connection, id: newObjectId() };
    try {
      return await this.upstreams.discover(trial, transport, form.credential);
    } finally {
      this.upstreams.letGo(trial.id, 'removed');
    }
  }

  private async rename(gateway: GatewayEntity, principal: Principal, manager: EntityManager): Promise<void> {
    const prefix = prefixOf(gateway);
    const entries = await this.store.entries.findByGateway(gateway.id, manager);
    const claims = entries.map(({ kind, originalName, customName }) => {
      const name = customName ?? originalName;
      const problem = problemWithName(kind, name, prefix);
      if (problem !== null) throw fail('http.invalid', { message: `"${name}" cannot be renamed: ${problem}` });
      return { kind, originalName, exposedName: exposedNameOf(kind, prefix, name) };
    });
    await this.collisions.refuse(claims, gateway, principal, manager);
    await this.store.entries.rename(gateway.id, prefix, manager);
  }
}

/** Null where the credential stays, which having none before and after is too. */
const newFormOf = (before: GatewayEntity, form: CredentialForm | null): CredentialForm | null =>
  form?.credential === null && !hasSecret(before) ? null : form;

const hasSecret = ({ credentialShape }: GatewayEntity): boolean =>
  credentialShape.authType !== 'none' || credentialShape.envNames.length > 0;
