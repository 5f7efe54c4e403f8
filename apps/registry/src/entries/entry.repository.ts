import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { InjectDatabase } from '#libs/storage';
import type { CatalogChange } from '../changes/catalog-change.js';
import { NEXT_REVISION, parametersOf } from '../changes/catalog-changes.service.js';
import type { EntryKind } from '../storage/entry-kind.js';
import { type ListFilter, type Page, type Paged, narrowTo, onlySeenBy, pageOf } from '../storage/page.js';
import {
  BYTES_SHOWN,
  EntryEntity,
  EntryGatewayEntity,
  type EntryWithGateway,
  SwitchedOffEntity,
  selectEntries,
} from './entry.entity.js';
import type { ListLength } from './list-findings.js';

/** How many entries of each kind a gateway has, and how long the definitions are that it shows of them. */
export type EntrySums = Readonly<Record<EntryKind, EntrySum>>;

export interface EntrySum extends ListLength {
  readonly count: number;
}

/** A transaction, and what it changes. */
export interface WholeChange {
  readonly manager: EntityManager;
  readonly change: CatalogChange;
}

/** An entry by the name that clients use. */
export interface NamedEntry {
  readonly kind: EntryKind;
  readonly name: string;
}

const NONE: EntrySum = { count: 0, entries: 0, bytes: 0 };
const NO_ENTRIES: EntrySums = { tool: NONE, prompt: NONE, resource: NONE, template: NONE };
/** Eighteen parameters a row, of the 65,535 a statement may have. */
const ROWS_PER_INSERT = 500;
/** Whose entries are read rather than all those in the order of the list. */
const FEW_GATEWAYS = 50;

@Injectable()
export class EntryRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  findById(
    kinds: readonly EntryKind[],
    id: string,
    manager: EntityManager = this.database.manager,
  ): Promise<EntryWithGateway | null> {
    const query = selectEntries(manager).where('entry.id = :id AND entry.kind = ANY(:kinds)', { id, kinds });
    return withTemplates(query, kinds).getOne();
  }

  /** How a call of a tool of an HTTP API becomes a request; null where it is no such tool. */
  async findSource(
    gatewayId: string,
    originalName: string,
    manager: EntityManager = this.database.manager,
  ): Promise<string | null> {
    const found = await manager
      .createQueryBuilder(EntryEntity, 'entry')
      .select('entry.source', 'source')
      .where(`entry.kind = 'tool' AND entry.gatewayId = :gatewayId AND entry.originalName = :originalName`, {
        gatewayId,
        originalName,
      })
      .getRawOne<{ source: string | null }>();
    return found?.source ?? null;
  }

  findTool(gatewayId: string, originalName: string, manager: EntityManager): Promise<EntryEntity | null> {
    return manager.findOneBy(EntryEntity, { kind: 'tool', gatewayId, originalName });
  }

  findByGateway(gatewayId: string, manager: EntityManager = this.database.manager): Promise<EntryEntity[]> {
    return manager
      .createQueryBuilder(EntryEntity, 'entry')
      .addSelect('entry.source')
      .where('entry.gatewayId = :gatewayId', { gatewayId })
      .orderBy('entry.ordinal')
      .getMany();
  }

  /** What a gateway offers, by the names that clients use. */
  findNames(gatewayId: string): Promise<NamedEntry[]> {
    return this.database.manager.query(
      `SELECT kind, coalesce(exposed_name, original_name) AS name
         FROM registry.entry WHERE gateway_id = $1 ORDER BY ordinal`,
      [gatewayId],
    );
  }

  /** Entries of these kinds that go by one of these ids, exposed names or URIs, as far as the caller may see them. */
  findChosen(
    kinds: readonly EntryKind[],
    choices: readonly string[],
    principal: Principal,
    manager: EntityManager = this.database.manager,
  ): Promise<EntryWithGateway[]> {
    const query = selectEntries(manager)
      .where('entry.kind = ANY(:kinds)', { kinds })
      .andWhere(
        `(entry.id = ANY(:choices) OR entry.exposedName = ANY(:choices)
          OR (entry.exposedName IS NULL AND entry.originalName = ANY(:choices)))`,
        { choices },
      )
      .orderBy('entry.ordinal');
    return onlySeenBy(query, 'gateway', principal).getMany();
  }

  /** Entries other than `exceptGatewayId`'s that already go by one of the names. */
  async findByExposedNames(
    kind: EntryKind,
    names: readonly string[],
    exceptGatewayId: string,
    manager: EntityManager = this.database.manager,
  ): Promise<EntryWithGateway[]> {
    if (names.length === 0) return [];
    return selectEntries(manager)
      .where('entry.kind = :kind AND entry.exposedName = ANY(:names)', { kind, names })
      .andWhere('entry.gatewayId <> :exceptGatewayId', { exceptGatewayId })
      .orderBy('entry.ordinal')
      .getMany();
  }

  async list(kind: EntryKind, principal: Principal, filter: ListFilter, page: Page): Promise<Paged<EntryWithGateway>> {
    const gatewayIds = await this.fewGateways(principal, filter);
    const query = withTemplates(selectEntries(this.database.manager).where('entry.kind = :kind', { kind }), [kind]);
    onlySeenBy(query, 'gateway', principal);
    if (!filter.includeInactive) query.andWhere('entry.enabled AND gateway.enabled');
    if (filter.gatewayId !== null) query.andWhere('entry.gatewayId = :gatewayId', { gatewayId: filter.gatewayId });
    if (gatewayIds !== null) query.andWhere('entry.gatewayId = ANY(:gatewayIds)', { gatewayIds });
    return pageOf(narrowTo(query, filter, { tagged: 'entry', sighted: 'gateway' }), 'entry', page);
  }

  /**
   * The gateways that a list is narrowed to by who sees them, where they are few: then their entries are read. Null where
   * they are many: then a page is soon full of whatever comes next.
   */
  private async fewGateways(principal: Principal, filter: ListFilter): Promise<string[] | null> {
    if (filter.gatewayId !== null) return null;
    const isNarrow = filter.visibility !== null || filter.teamId !== null || principal.teams !== null;
    if (!isNarrow) return null;
    const query = this.database.manager.createQueryBuilder(EntryGatewayEntity, 'gateway').select('gateway.id', 'id');
    onlySeenBy(query, 'gateway', principal);
    narrowTo(query, { ...filter, tagGroups: [] }, { tagged: 'gateway', sighted: 'gateway' });
    const rows = await query.limit(FEW_GATEWAYS + 1).getRawMany<{ id: string }>();
    return rows.length > FEW_GATEWAYS ? null : rows.map(({ id }) => id);
  }

  /** Answers a function from a gateway's id to its sums. */
  async sumByGateways(
    gatewayIds: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<(gatewayId: string) => EntrySums> {
    const sums = new Map<string, EntrySums>();
    const rows: (EntrySum & { gatewayId: string; kind: EntryKind })[] = await manager.query(
      `SELECT gateway_id AS "gatewayId", kind, count(*)::int AS count, (count(*) FILTER (WHERE enabled))::int AS entries,
              coalesce(sum(${BYTES_SHOWN}) FILTER (WHERE enabled), 0)::float8 AS bytes
         FROM registry.entry WHERE gateway_id = ANY($1) GROUP BY gateway_id, kind`,
      [gatewayIds],
    );
    for (const { gatewayId, kind, count, entries, bytes } of rows) {
      sums.set(gatewayId, { ...(sums.get(gatewayId) ?? NO_ENTRIES), [kind]: { count, entries, bytes } });
    }
    return (gatewayId) => sums.get(gatewayId) ?? NO_ENTRIES;
  }

  async insert(entries: readonly Omit<EntryEntity, 'ordinal'>[], manager: EntityManager): Promise<void> {
    for (let from = 0; from < entries.length; from += ROWS_PER_INSERT) {
      await manager.insert(EntryEntity, entries.slice(from, from + ROWS_PER_INSERT));
    }
  }

  async update(id: string, changes: Partial<EntryEntity>, manager: EntityManager): Promise<void> {
    await manager.update(EntryEntity, { id }, changes);
  }

  /** What has to be known of an entry before it is switched: whether somebody has blocked it, and which virtual servers show it. */
  async readBeforeSwitch(
    { id, gatewayId, originalName }: EntryEntity,
    manager: EntityManager,
  ): Promise<{ readonly isBlocked: boolean; readonly serverIds: readonly string[] }> {
    const [row]: [{ isBlocked: boolean; serverIds: string[] }] = await manager.query(
      `SELECT EXISTS (SELECT FROM registry.tool_change
                       WHERE gateway_id = $2 AND original_name = $3 AND state = 'blocked') AS "isBlocked",
              ARRAY(SELECT DISTINCT server_id FROM registry.server_entry WHERE entry_id = $1) AS "serverIds"`,
      [id, gatewayId, originalName],
    );
    return row;
  }

  /**
   * As `switch`, where it is all that a change does: in one statement with its revision. A tool that is blocked stays off when
   * it is blocked no more.
   */
  async switchAlone(
    entry: EntryEntity,
    enabled: boolean,
    updatedAt: Date,
    { manager, change }: WholeChange,
  ): Promise<void> {
    const { id, gatewayId, kind, originalName } = entry;
    const [row]: [{ value: string }] = await manager.query(
      `WITH ${NEXT_REVISION},
            switched AS (UPDATE registry.entry SET enabled = $6, updated_at = $7 WHERE id = $5),
            ${enabled ? SWITCHED_ON : SWITCHED_OFF}
       SELECT value FROM next`,
      [...parametersOf(change), id, enabled, updatedAt, gatewayId, kind, originalName],
    );
    change.revision = Number(row.value);
  }

  /** Switches an entry, for as long as its gateway is registered: also one that its upstream has dropped and may offer again. */
  async switch(entry: SwitchedOffEntity, enabled: boolean, updatedAt: Date, manager: EntityManager): Promise<void> {
    const { gatewayId, kind, originalName } = entry;
    const key = { gatewayId, kind, originalName };
    await manager.update(EntryEntity, key, { enabled, updatedAt });
    if (enabled) await manager.delete(SwitchedOffEntity, key);
    else await manager.createQueryBuilder().insert().into(SwitchedOffEntity).values(key).orIgnore().execute();
  }

  /** What of a gateway somebody switched off, whether or not it is offered now. */
  findSwitchedOff(gatewayId: string, manager: EntityManager = this.database.manager): Promise<SwitchedOffEntity[]> {
    return manager.findBy(SwitchedOffEntity, { gatewayId });
  }

  isSwitchedOff({ gatewayId, kind, originalName }: SwitchedOffEntity, manager: EntityManager): Promise<boolean> {
    return manager.existsBy(SwitchedOffEntity, { gatewayId, kind, originalName });
  }

  /** Gives entries other names, all at once; those without one keep their URI. */
  async rename(
    names: readonly { readonly id: string; readonly exposedName: string | null }[],
    manager: EntityManager,
  ): Promise<void> {
    const named = names.filter(({ exposedName }) => exposedName !== null);
    await manager.query(
      `UPDATE registry.entry SET exposed_name = given.name, updated_at = now()
         FROM unnest($1::text[], $2::text[]) AS given (id, name) WHERE entry.id = given.id`,
      [named.map(({ id }) => id), named.map(({ exposedName }) => exposedName)],
    );
  }

  async delete(ids: readonly string[], manager: EntityManager): Promise<void> {
    if (ids.length > 0) await manager.delete(EntryEntity, [...ids]);
  }
}

const SWITCHED_ON = `known AS (DELETE FROM registry.switched_off
  WHERE gateway_id = $8 AND kind = $9 AND original_name = $10)`;
const SWITCHED_OFF = `known AS (INSERT INTO registry.switched_off (gateway_id, kind, original_name)
  VALUES ($8, $9, $10) ON CONFLICT DO NOTHING),
  stays_off AS (UPDATE registry.tool_change SET was_enabled = false
    WHERE $9::text = 'tool' AND gateway_id = $8 AND original_name = $10 AND state = 'blocked')`;

/** A prompt that is kept here is shown with its template. */
const withTemplates = (
  query: SelectQueryBuilder<EntryWithGateway>,
  kinds: readonly EntryKind[],
): SelectQueryBuilder<EntryWithGateway> => (kinds.includes('prompt') ? query.addSelect('entry.source') : query);
