import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { GatewayEntity } from '../gateways/gateway.entity.js';
import type { LoggedChange } from '../changes/catalog-changes.service.js';
import type { StoredCatalog } from './snapshot.js';
import type { StoredEntry } from './stored-entry.js';

/** The revision of the catalog, and what was changed since another. */
export interface ChangesSince {
  readonly revision: number;
  /** In their order; with gaps where a service of before made changes, or where they are too long ago. */
  readonly changes: readonly LoggedChange[];
}

type Rows = StoredCatalog['entries'];

/** What a catalog is made from. */
@Injectable()
export class CatalogRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** The revision grows with every change to the catalog. Both are of one moment. */
  async readChanges(since: number): Promise<ChangesSince> {
    const [row]: { value: string; changes: LoggedChange[] | null }[] = await this.database.query(
      `SELECT value, (SELECT json_agg(json_build_object('revision', change.revision, 'entryIds', entry_ids,
                        'gatewayIds', gateway_ids, 'serverIds', server_ids) ORDER BY change.revision)
                        FROM registry.change change WHERE change.revision > $1) AS changes
         FROM registry.revision`,
      [since],
    );
    return { revision: Number(row?.value ?? 0), changes: row?.changes ?? [] };
  }

  /** All of one moment. */
  readWhole(): Promise<StoredCatalog> {
    return this.inSnapshot(async (manager) => {
      const [row]: { value: string }[] = await manager.query('SELECT value FROM registry.revision');
      const gateways = await manager.findBy(GatewayEntity, { enabled: true });
      return { revision: Number(row?.value ?? 0), gateways, entries: await readEntries(manager, SHOWN_OR_APP, []) };
    });
  }

  /** What there is of these; entries alone are read in one statement. */
  async readNamed(
    revision: number,
    { entryIds, gatewayIds }: { readonly entryIds: readonly string[]; readonly gatewayIds: readonly string[] },
  ): Promise<StoredCatalog> {
    if (gatewayIds.length > 0) {
      return this.inSnapshot(async (manager) => ({
        revision,
        gateways: await manager.findBy(GatewayEntity, { id: In(gatewayIds) }),
        entries: await readEntries(manager, NAMED, [entryIds, gatewayIds]),
      }));
    }
    const entries = entryIds.length === 0 ? [] : await readEntries(this.database.manager, NAMED, [entryIds, []]);
    return { revision, gateways: [], entries };
  }

  readGateways(ids: readonly string[]): Promise<GatewayEntity[]> {
    return this.database.manager.findBy(GatewayEntity, { id: In([...ids]) });
  }

  private inSnapshot<Result>(read: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return transact(this.database, async (manager) => {
      await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return read(manager);
    });
  }
}

const IS_SHOWN = 'entry.enabled AND gateway.enabled';
const SHOWN_OR_APP = `${IS_SHOWN} OR entry.kind = 'resource' AND starts_with(entry.original_name, 'ui://')`;
const NAMED = 'entry.id = ANY($1) OR entry.gateway_id = ANY($2)';

/** Without an entity for each: there may be many thousands. */
const readEntries = async (manager: EntityManager, condition: string, parameters: unknown[]): Promise<Rows> => {
  const rows: (StoredEntry & { ordinal: string; headerParams: string; isShown: boolean })[] = await manager.query(
    `SELECT entry.id, entry.kind, entry.gateway_id AS "gatewayId", entry.original_name AS "originalName",
            entry.exposed_name AS "exposedName", entry.definition, entry.era, entry.legacy_definition AS "legacyDefinition",
            entry.header_params AS "headerParams", entry.description_override AS "descriptionOverride",
            entry.task_after_ms AS "taskAfterMs", entry.held_change AS "heldChange", entry.ordinal, ${IS_SHOWN} AS "isShown"
       FROM registry.entry entry JOIN registry.gateway gateway ON gateway.id = entry.gateway_id
      WHERE ${condition}`,
    parameters,
  );
  return rows.map((row) => ({
    ...row,
    ordinal: Number(row.ordinal),
    headerParams: JSON.parse(row.headerParams) as StoredEntry['headerParams'],
  }));
};
