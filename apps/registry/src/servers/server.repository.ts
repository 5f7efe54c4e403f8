import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { InjectDatabase } from '#libs/storage';
import { BYTES_SHOWN, type EntryWithGateway, selectEntries } from '../entries/entry.entity.js';
import type { EntryKind } from '../storage/entry-kind.js';
import { type ListFilter, type Page, type Paged, narrowTo, onlySeenBy, pageOf } from '../storage/page.js';
import { ServerEntity, ServerEntryEntity } from './server.entity.js';

/** An entry as a virtual server's description names it. */
export interface ChosenEntry extends AccessScope {
  readonly id: string;
  readonly kind: EntryKind;
  readonly name: string;
  /** Neither it nor its gateway is disabled. */
  readonly isShown: boolean;
  readonly bytes: number;
}

/** A virtual server with entries of one gateway, and how many it would have without them. */
export interface LosingServer extends AccessScope {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly tools: number;
  readonly prompts: number;
  /** And resource templates. */
  readonly resources: number;
  readonly remaining: number;
}

@Injectable()
export class ServerRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  findById(id: string, manager: EntityManager = this.database.manager): Promise<ServerEntity | null> {
    return manager.findOneBy(ServerEntity, { id });
  }

  findByName(
    { name, ownerEmail, teamId }: Pick<ServerEntity, 'name' | 'ownerEmail' | 'teamId'>,
    manager: EntityManager = this.database.manager,
  ): Promise<ServerEntity | null> {
    return manager.findOneBy(ServerEntity, { name, ownerEmail: ownerEmail ?? IsNull(), teamId: teamId ?? IsNull() });
  }

  list(principal: Principal, filter: ListFilter, page: Page): Promise<Paged<ServerEntity>> {
    const query = onlySeenBy(this.database.manager.createQueryBuilder(ServerEntity, 'server'), 'server', principal);
    if (!filter.includeInactive) query.andWhere('server.enabled');
    return pageOf(narrowTo(query, filter, { tagged: 'server', sighted: 'server' }), 'server', page);
  }

  /** What the server shows, in its own order; with `includeInactive` what it would show. */
  findEntries(
    serverId: string,
    includeInactive: boolean,
    manager: EntityManager = this.database.manager,
  ): Promise<EntryWithGateway[]> {
    const query = selectEntries(manager)
      .innerJoin(ServerEntryEntity, 'chosen', 'chosen.entryId = entry.id AND chosen.serverId = :serverId', { serverId })
      .orderBy('chosen.position');
    if (!includeInactive) query.andWhere('entry.enabled AND gateway.enabled');
    return query.getMany();
  }

  /** Of what the server has chosen, whether or not that is enabled, the place of each. */
  async findPlaces(serverId: string): Promise<Map<string, number>> {
    const rows = await this.database.manager.find(ServerEntryEntity, {
      where: { serverId },
      order: { position: 'ASC' },
    });
    return new Map(rows.map(({ entryId, position }) => [entryId, position]));
  }

  /** Answers a function from a server's id to what it has chosen, in its order. */
  async findChosen(
    serverIds: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<(serverId: string) => readonly ChosenEntry[]> {
    const rows: (ChosenEntry & { serverId: string })[] = await manager.query(
      `SELECT chosen.server_id AS "serverId", entry.id, entry.kind, coalesce(entry.exposed_name, entry.original_name) AS name,
              entry.enabled AND gateway.enabled AS "isShown", ${BYTES_SHOWN} AS bytes,
              gateway.visibility, gateway.team_id AS "teamId", gateway.owner_email AS "ownerEmail"
         FROM registry.server_entry chosen
         -- One by one, by their keys: where there are many entries of others, all would be read rather than these.
         JOIN LATERAL (SELECT * FROM registry.entry WHERE id = chosen.entry_id LIMIT 1) entry ON true
         JOIN registry.gateway gateway ON gateway.id = entry.gateway_id
        WHERE chosen.server_id = ANY($1) ORDER BY chosen.server_id, chosen.position`,
      [serverIds],
    );
    const chosen = Map.groupBy(rows, ({ serverId }) => serverId);
    return (serverId) => chosen.get(serverId) ?? [];
  }

  /** The virtual servers that have chosen something of the gateway, whoever may see them. */
  findLosing(gatewayId: string): Promise<LosingServer[]> {
    return this.database.manager.query(
      `SELECT server.id, server.name, server.enabled,
              server.visibility, server.team_id AS "teamId", server.owner_email AS "ownerEmail",
              (count(*) FILTER (WHERE entry.gateway_id = $1 AND entry.kind = 'tool'))::int AS tools,
              (count(*) FILTER (WHERE entry.gateway_id = $1 AND entry.kind = 'prompt'))::int AS prompts,
              (count(*) FILTER (WHERE entry.gateway_id = $1 AND entry.kind IN ('resource', 'template')))::int AS resources,
              (count(*) FILTER (WHERE entry.gateway_id <> $1))::int AS remaining
         FROM registry.server server
         JOIN registry.server_entry chosen ON chosen.server_id = server.id
         JOIN LATERAL (SELECT kind, gateway_id FROM registry.entry WHERE id = chosen.entry_id LIMIT 1) entry ON true
        WHERE server.id = ANY(ARRAY(
          SELECT losing.server_id FROM registry.entry lost
            JOIN registry.server_entry losing ON losing.entry_id = lost.id WHERE lost.gateway_id = $1))
        GROUP BY server.id ORDER BY server.ordinal`,
      [gatewayId],
    );
  }

  async insert(server: Omit<ServerEntity, 'ordinal'>, manager: EntityManager): Promise<void> {
    await manager.insert(ServerEntity, server);
  }

  async update(id: string, changes: Partial<ServerEntity>, manager: EntityManager): Promise<void> {
    await manager.update(ServerEntity, { id }, changes);
  }

  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(ServerEntity, { id });
  }

  /** Takes the place of what the server had chosen before. */
  async choose(serverId: string, entryIds: readonly string[], manager: EntityManager): Promise<void> {
    await manager.query('DELETE FROM registry.server_entry WHERE server_id = $1 AND entry_id <> ALL($2::text[])', [
      serverId,
      entryIds,
    ]);
    await manager.query(
      `INSERT INTO registry.server_entry AS known (server_id, entry_id, position)
       SELECT $1, id, position FROM unnest($2::text[]) WITH ORDINALITY AS chosen (id, position)
       ON CONFLICT (server_id, entry_id) DO UPDATE SET position = excluded.position
       WHERE known.position <> excluded.position`,
      [serverId, entryIds],
    );
  }
}
