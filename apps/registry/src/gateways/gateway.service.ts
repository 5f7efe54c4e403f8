import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { CatalogChanges } from '../changes/catalog-changes.service.js';
import { type RefreshReport, RefreshService } from '../refresh/refresh.service.js';
import { UpstreamsService } from './upstreams.service.js';
import type { GatewayEntity } from './gateway.entity.js';
import { isObjectId } from '../storage/object-id.js';
import { RegistryStore } from '../storage/registry-store.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import { GatewayRegistrationService } from './registration/gateway-registration.service.js';
import { GatewayUpdateService } from './registration/gateway-update.service.js';
import { gatewayView } from './gateway.view.js';
import { type ListQuery, filterOf, listAnswer, pageOfQuery } from '../rest/list.query.js';
import { mustChange, mustSee } from '../rest/ownership.js';

type GatewayView = ReturnType<typeof gatewayView>;

/** What may be done with gateways, by those who may do it. */
@Injectable()
export class GatewayService {
  constructor(
    private readonly store: RegistryStore,
    private readonly registration: GatewayRegistrationService,
    private readonly updating: GatewayUpdateService,
    private readonly refreshing: RefreshService,
    private readonly upstreams: UpstreamsService,
    private readonly changes: CatalogChanges,
  ) {}

  async register(body: RegisterGatewayBody, principal: Principal): Promise<GatewayView> {
    const id = await this.registration.register(body, principal);
    return this.describe(id, principal);
  }

  async list(query: ListQuery, principal: Principal) {
    const paged = await this.store.gateways.list(principal, filterOf(query), pageOfQuery(query));
    const countsOf = await this.store.entries.countByGateways(paged.rows.map(({ id }) => id));
    return listAnswer(
      query,
      'gateways',
      paged,
      paged.rows.map((row) => gatewayView(row, countsOf(row.id), principal)),
    );
  }

  async describe(id: string, principal: Principal): Promise<GatewayView> {
    const gateway = mustSee(principal, await this.find(id));
    const countsOf = await this.store.entries.countByGateways([id]);
    return gatewayView(gateway, countsOf(id), principal);
  }

  async update(id: string, body: UpdateGatewayBody, principal: Principal): Promise<GatewayView> {
    await this.updating.update(mustChange(principal, await this.find(id)), body, principal);
    return this.describe(id, principal);
  }

  /** A disabled gateway offers nothing and its connections end; what is known of it stays. */
  async setEnabled(id: string, enabled: boolean, principal: Principal): Promise<GatewayView> {
    mustChange(principal, await this.find(id));
    await this.changes.make(async (manager, change) => {
      const gateway = mustChange(principal, await this.store.gateways.findById(id, manager));
      if (gateway.enabled === enabled) return;
      await this.store.gateways.update(id, { enabled, updatedAt: new Date() }, manager);
      change.touchAllLists();
      change.upstreamIds.add(id);
      change.touchServers(await this.store.servers.findIdsByGateway(id, manager));
      change.upstreams.set(id, enabled ? 'updated' : 'removed');
    });
    return this.describe(id, principal);
  }

  async refresh(id: string, principal: Principal): Promise<RefreshReport> {
    mustChange(principal, await this.find(id));
    return this.refreshing.refresh(id);
  }

  async remove(id: string, principal: Principal): Promise<GatewayEntity> {
    const gateway = mustChange(principal, await this.find(id));
    // First, so that a gateway that is gone leaves no secret behind.
    await this.upstreams.keepCredential(id, null);
    await this.changes.make(async (manager, change) => {
      change.touchServers(await this.store.servers.findIdsByGateway(id, manager));
      await this.store.gateways.delete(id, manager);
      change.touchAllLists();
      change.upstreamIds.add(id);
      change.upstreams.set(id, 'removed');
    });
    return gateway;
  }

  private async find(id: string): Promise<GatewayEntity | null> {
    return isObjectId(id) ? this.store.gateways.findById(id) : null;
  }
}
