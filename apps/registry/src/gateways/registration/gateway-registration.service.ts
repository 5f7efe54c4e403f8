import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { Sight } from '#contracts/registry/catalog';
import { CatalogChanges } from '../../changes/catalog-changes.service.js';
import { Collisions } from '../../entries/name-conflict.service.js';
import { type Discovery, findingsOf } from '../findings.js';
import { newEntryRows } from '../../entries/entry-rows.js';
import { prefixOf } from '../../entries/naming.js';
import { readOffer } from '../discovery-result.js';
import type { Connection } from '../profile.js';
import { UpstreamsService } from '../upstreams.service.js';
import type { CredentialShape } from '../gateway.entity.js';
import { RegistryStore } from '../../storage/registry-store.js';
import { newObjectId } from '../../storage/object-id.js';
import { newCredentialFrom } from './credential-form.js';
import type { RegisterGatewayBody } from '../gateway.body.js';
import { connectionFrom } from './gateway-connection.js';
import { sightFrom } from '../../rest/ownership.js';
import { StdioPolicy } from './stdio-policy.service.js';

interface NewGateway {
  readonly body: RegisterGatewayBody;
  readonly connection: Connection;
  readonly sight: Sight;
  readonly credentialShape: CredentialShape;
}

/** Registers a gateway: what it offers is known, and all of it committed, before the caller hears that it worked. */
@Injectable()
export class GatewayRegistrationService {
  constructor(
    private readonly store: RegistryStore,
    private readonly collisions: Collisions,
    private readonly upstreams: UpstreamsService,
    private readonly changes: CatalogChanges,
    private readonly stdio: StdioPolicy,
  ) {}

  /** Answers the id. */
  async register(body: RegisterGatewayBody, principal: Principal): Promise<string> {
    const id = newObjectId();
    const { connection, transport } = connectionFrom(id, body, null, { policy: this.stdio, principal });
    const form = newCredentialFrom(body, transport);
    const sight = sightFrom(principal, body);
    await this.collisions.refuseNamesake(connection, principal);
    if (form.credential !== null) await this.upstreams.keepCredential(id, form.credential);
    try {
      // What auth has just been given it presents itself; where nothing is to be presented it need not be asked.
      const discovery = await this.upstreams.discover(
        connection,
        transport,
        form.credential === null ? null : undefined,
      );
      await this.insert({ body, connection, sight, credentialShape: form.shape }, discovery, principal);
    } catch (error) {
      this.upstreams.letGo(id, 'removed');
      if (form.credential !== null) await this.upstreams.tryToForget(id);
      throw error;
    }
    return id;
  }

  private async insert(asked: NewGateway, discovery: Discovery, principal: Principal): Promise<void> {
    const { body, connection, sight } = asked;
    const toolPrefix = body.toolPrefix ?? null;
    const prefix = prefixOf({ slug: connection.slug, toolPrefix });
    const offer = readOffer(discovery.discovered, prefix);
    const now = new Date();
    const rows = newEntryRows(connection.id, prefix, offer.entries, now);
    await this.changes.make(async (manager: EntityManager, change) => {
      await this.collisions.refuseNamesake(connection, principal, manager);
      await this.collisions.refuse(rows, connection, principal, manager);
      await this.store.gateways.insert(
        {
          ...connection,
          ...sight,
          ...findingsOf(discovery),
          args: [...connection.args],
          description: body.description ?? null,
          tags: body.tags ?? [],
          toolPrefix,
          sessionScope: body.sessionScope ?? null,
          listTtlMs: body.listTtlMs ?? null,
          listCacheScope: body.listCacheScope ?? null,
          credentialShape: asked.credentialShape,
          refused: [...offer.refused],
          enabled: true,
          createdAt: now,
          updatedAt: now,
        },
        manager,
      );
      await this.store.entries.insert(rows, manager);
      change.touchAllLists();
      change.upstreamIds.add(connection.id);
    });
  }
}
