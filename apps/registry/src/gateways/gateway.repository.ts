import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, Not, type QueryDeepPartialEntity } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { fail } from '#libs/errors';
import { InjectDatabase } from '#libs/storage';
import { GatewayEntity } from './gateway.entity.js';
import { type ListFilter, type Page, type Paged, narrowTo, onlySeenBy, pageOf } from '../storage/page.js';

@Injectable()
export class GatewayRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  findById(id: string, manager: EntityManager = this.database.manager): Promise<GatewayEntity | null> {
    return manager.findOneBy(GatewayEntity, { id });
  }

  /** Throws `registry.unknown` where it is gone. */
  async read(id: string, manager: EntityManager): Promise<GatewayEntity> {
    const gateway = await this.findById(id, manager);
    if (gateway === null) throw fail('registry.unknown');
    return gateway;
  }

  /** Another gateway that has the name, or the slug the name comes down to. */
  findNamesake(
    { id, name, slug }: { readonly id: string; readonly name: string; readonly slug: string },
    manager: EntityManager = this.database.manager,
  ): Promise<GatewayEntity | null> {
    return manager.findOne(GatewayEntity, {
      where: [
        { name, id: Not(id) },
        { slug, id: Not(id) },
      ],
    });
  }

  /** `transport`: of that one alone. */
  list(
    principal: Principal,
    filter: ListFilter,
    page: Page,
    transport?: UpstreamTransport,
  ): Promise<Paged<GatewayEntity>> {
    const query = onlySeenBy(this.database.manager.createQueryBuilder(GatewayEntity, 'gateway'), 'gateway', principal);
    if (!filter.includeInactive) query.andWhere('gateway.enabled');
    if (transport !== undefined) query.andWhere('gateway.transport = :transport', { transport });
    if (filter.gatewayId !== null) query.andWhere('gateway.id = :gatewayId', { gatewayId: filter.gatewayId });
    return pageOf(narrowTo(query, filter, { tagged: 'gateway', sighted: 'gateway' }), 'gateway', page);
  }

  /** Those of the gateways that the caller may see. */
  findSeen(ids: readonly string[], principal: Principal): Promise<GatewayEntity[]> {
    const query = this.database.manager.createQueryBuilder(GatewayEntity, 'gateway');
    return onlySeenBy(query.where('gateway.id = ANY(:ids)', { ids }), 'gateway', principal).getMany();
  }

  /** Those at any of the URLs that the caller may see. */
  findSeenAt(urls: readonly string[], principal: Principal): Promise<GatewayEntity[]> {
    const query = this.database.manager.createQueryBuilder(GatewayEntity, 'gateway');
    return onlySeenBy(query.where('gateway.url = ANY(:urls)', { urls }), 'gateway', principal)
      .orderBy('gateway.ordinal')
      .getMany();
  }

  async insert(gateway: Omit<GatewayEntity, 'ordinal'>, manager: EntityManager): Promise<void> {
    await manager.insert(GatewayEntity, asRow(gateway));
  }

  async update(
    id: string,
    changes: Partial<GatewayEntity>,
    manager: EntityManager = this.database.manager,
  ): Promise<void> {
    await manager.update(GatewayEntity, { id }, asRow(changes));
  }

  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(GatewayEntity, { id });
  }
}

const asRow = (gateway: Partial<GatewayEntity>) => gateway as QueryDeepPartialEntity<GatewayEntity>;
