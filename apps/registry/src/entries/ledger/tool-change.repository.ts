import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, type QueryDeepPartialEntity, type SelectQueryBuilder } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { InjectDatabase } from '#libs/storage';
import { EntryGatewayEntity } from '../entry.entity.js';
import { onlySeenBy } from '../../storage/page.js';
import type { ChangeClass } from './classify.js';
import { type ChangeState, OPEN_STATES, ToolChangeEntity } from './tool-change.entity.js';

/** What the list of changes is narrowed to. */
export interface ChangeFilter {
  readonly gatewayId: string | null;
  readonly states: readonly ChangeState[] | null;
  readonly classes: readonly ChangeClass[] | null;
  readonly tool: string | null;
}

/** How much of the history is kept. */
export interface HistoryLimits {
  readonly perTool: number;
  readonly days: number;
}

export type ToolChangeWithGateway = ToolChangeEntity & { gateway: EntryGatewayEntity };

type NewChange = Omit<ToolChangeEntity, 'ordinal'>;

const ROWS_PER_INSERT = 500;
/** Of one gateway, over all its tools: an upstream that changes without end fills no disk. */
const BYTES_PER_GATEWAY = 64 * 1024 * 1024;
const ROWS_PER_GATEWAY = 20_000;
/** So many tools that are gone an upstream may have had; what is known of them is kept for good. */
export const GONE_PER_GATEWAY = 1000;

/** In SQL, of a row `change`. */
const BYTES = 'coalesce(octet_length(before), 0) + coalesce(octet_length(after), 0)';
/** What `findNewest` finds. */
const IS_NEWEST = `(change.state <> 'superseded' AND NOT EXISTS (
  SELECT FROM registry.tool_change later
    WHERE later.gateway_id = change.gateway_id AND later.original_name = change.original_name
      AND later.ordinal > change.ordinal AND later.state <> 'superseded'))`;
const IS_GONE = `NOT EXISTS (
  SELECT FROM registry.entry
    WHERE entry.gateway_id = change.gateway_id AND entry.kind = 'tool' AND entry.original_name = change.original_name)`;

/** The ledger of what upstreams have said of their tools. */
@Injectable()
export class ToolChangeRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** The oldest first. */
  findOpen(gatewayId: string, manager: EntityManager = this.database.manager): Promise<ToolChangeEntity[]> {
    return manager.find(ToolChangeEntity, { where: { gatewayId, state: In(OPEN_STATES) }, order: { ordinal: 'ASC' } });
  }

  /** The newest of each of these tools that was not superseded, by the tool's name. */
  async findNewest(
    gatewayId: string,
    names: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<ReadonlyMap<string, ToolChangeEntity>> {
    if (names.length === 0) return new Map();
    const rows = await manager
      .createQueryBuilder(ToolChangeEntity, 'change')
      .distinctOn(['change.originalName'])
      .where(`change.gatewayId = :gatewayId AND change.originalName = ANY(:names) AND change.state <> 'superseded'`, {
        gatewayId,
        names,
      })
      .orderBy('change.originalName')
      .addOrderBy('change.ordinal', 'DESC')
      .getMany();
    return new Map(rows.map((row) => [row.originalName, row]));
  }

  findById(id: string, manager: EntityManager = this.database.manager): Promise<ToolChangeWithGateway | null> {
    return selectChanges(manager).where('change.id = :id', { id }).getOne();
  }

  /** The newest first, before an ordinal; one more than `limit` where there are more. */
  list(
    principal: Principal,
    { gatewayId, states, classes, tool }: ChangeFilter,
    { before, limit }: { readonly before: number | null; readonly limit: number },
  ): Promise<ToolChangeWithGateway[]> {
    const query = onlySeenBy(selectChanges(this.database.manager), 'gateway', principal);
    if (gatewayId !== null) query.andWhere('change.gatewayId = :gatewayId', { gatewayId });
    if (states !== null) query.andWhere('change.state = ANY(:states)', { states });
    if (classes !== null) query.andWhere('change.class = ANY(:classes)', { classes });
    if (tool !== null) query.andWhere('change.originalName = :tool', { tool });
    if (before !== null) query.andWhere('change.ordinal < :before', { before });
    return query
      .orderBy('change.ordinal', 'DESC')
      .limit(limit + 1)
      .getMany();
  }

  /** How many wait, of those that the caller may see. */
  countPending(principal: Principal): Promise<number> {
    const query = selectChanges(this.database.manager).where(`change.state = 'pending'`);
    return onlySeenBy(query, 'gateway', principal).getCount();
  }

  async insert(changes: readonly NewChange[], manager: EntityManager): Promise<void> {
    for (let from = 0; from < changes.length; from += ROWS_PER_INSERT) {
      await manager.insert(ToolChangeEntity, changes.slice(from, from + ROWS_PER_INSERT).map(asRow));
    }
  }

  async setState(ids: readonly string[], state: ChangeState, manager: EntityManager): Promise<void> {
    if (ids.length > 0) await manager.update(ToolChangeEntity, { id: In([...ids]) }, { state });
  }

  async decide(
    id: string,
    decision: Pick<ToolChangeEntity, 'state' | 'decidedAt' | 'decidedBy' | 'note' | 'wasEnabled'>,
    manager: EntityManager,
  ): Promise<void> {
    await manager.update(ToolChangeEntity, { id }, decision);
  }

  /** Whether so much is kept of tools of a gateway that are gone that it should get no new ones. Reads no definition. */
  async isFullOfGone(gatewayId: string, manager: EntityManager = this.database.manager): Promise<boolean> {
    const [{ names, bytes }] = await manager.query<[{ names: number; bytes: number }]>(
      `SELECT count(DISTINCT original_name)::int AS names, coalesce(sum(${BYTES}), 0)::float8 AS bytes
         FROM registry.tool_change change
         WHERE gateway_id = $1 AND (state IN ('accepted', 'approved') OR before IS NOT NULL)
           AND ${IS_NEWEST} AND ${IS_GONE}`,
      [gatewayId],
    );
    return names >= GONE_PER_GATEWAY || bytes >= BYTES_PER_GATEWAY;
  }

  /**
   * What of a gateway's history is more than is kept; what is open stays, and, where changes are held, what is known of tools
   * that are gone (`keepsGone`): they are compared to it when they come back. Reads no definition.
   */
  async prune(
    gatewayId: string,
    { perTool }: HistoryLimits,
    keepsGone: boolean,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `DELETE FROM registry.tool_change WHERE id IN (
         SELECT id FROM (
           SELECT id, state, $4 AND ${IS_NEWEST} AND (class = 'removed' OR ${IS_GONE}) AS stays,
             row_number() OVER (PARTITION BY original_name ORDER BY ordinal DESC) AS of_tool,
             row_number() OVER newest AS of_gateway,
             sum(${BYTES}) OVER newest AS bytes
           FROM registry.tool_change change WHERE gateway_id = $1 WINDOW newest AS (ORDER BY ordinal DESC)
         ) counted
         WHERE state <> ALL($2) AND NOT stays AND (of_tool > $3 OR of_gateway > ${ROWS_PER_GATEWAY} OR bytes > ${BYTES_PER_GATEWAY}))`,
      [gatewayId, OPEN_STATES, perTool, keepsGone],
    );
  }

  /** What is older than is kept; what is open stays, and what is known of tools that are gone. */
  async forgetOld({ days }: HistoryLimits): Promise<void> {
    await this.database.query(
      `DELETE FROM registry.tool_change change
         WHERE found_at < now() - make_interval(days => $1) AND state <> ALL($2) AND NOT (${IS_NEWEST} AND ${IS_GONE})`,
      [days, OPEN_STATES],
    );
  }
}

const selectChanges = (manager: EntityManager): SelectQueryBuilder<ToolChangeWithGateway> => {
  const query = manager
    .createQueryBuilder(ToolChangeEntity, 'change')
    .innerJoinAndMapOne('change.gateway', EntryGatewayEntity, 'gateway', 'gateway.id = change.gatewayId');
  return query as SelectQueryBuilder<ToolChangeWithGateway>;
};

const asRow = (change: NewChange) => change as QueryDeepPartialEntity<ToolChangeEntity>;
