import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { type EntryEntity, selectEntries } from '../entries/entry.entity.js';
import { GatewayEntity } from '../gateways/gateway.entity.js';

/** What a catalog is made from, read in one snapshot. */
@Injectable()
export class CatalogRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** Grows with every change to the catalog. */
  async readRevision(manager: EntityManager = this.database.manager): Promise<number> {
    const [row]: { value: string }[] = await manager.query('SELECT value FROM registry.revision');
    return Number(row?.value ?? 0);
  }

  /** Everything that `read` queries is of one moment, so a revision belongs to what is read beside it. */
  inSnapshot<Result>(read: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return transact(this.database, async (manager) => {
      await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return read(manager);
    });
  }

  /** In the order in which they were registered. */
  readEnabledGateways(manager: EntityManager): Promise<GatewayEntity[]> {
    return manager.find(GatewayEntity, { where: { enabled: true }, order: { ordinal: 'ASC' } });
  }

  readGateways(ids: Iterable<string>, manager: EntityManager): Promise<GatewayEntity[]> {
    return manager.findBy(GatewayEntity, { id: In([...ids]) });
  }

  /** Of enabled gateways, in the order in which they came. */
  readEnabledEntries(manager: EntityManager): Promise<EntryEntity[]> {
    return selectEntries(manager).where('entry.enabled AND gateway.enabled').orderBy('entry.ordinal').getMany();
  }

  /** MCP Apps that have been disabled. */
  readDisabledApps(manager: EntityManager): Promise<{ gatewayId: string; uri: string }[]> {
    return manager.query(
      `SELECT gateway_id AS "gatewayId", original_name AS uri FROM registry.entry
        WHERE kind = 'resource' AND NOT enabled AND starts_with(original_name, 'ui://')`,
    );
  }
}
