import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { Sight } from '#contracts/registry/catalog';
import { InjectDatabase } from '#libs/storage';
import type { EntryKind } from '../entries/naming.js';
import { type ListFilter, type Page, type Paged, narrowTo, onlySeenBy, pageOf } from '../storage/page.js';
import { ServerEntity, ServerEntryEntity } from './server.entity.js';

/** An entry as a virtual server's description names it. */
export interface ChosenEntry extends Sight {
  readonly id: string;
  readonly kind: EntryKind;
  readonly name: string;
}

@Injectable()
export class ServerRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  findById(id: string, manager: EntityManager = this.database.manager): Promise<ServerEntity | null> {
    return manager.findOneBy(ServerEntity, { id });
  }

  findByName(
    { name, ownerEmail, teamId }: Pick<ServerEntity, 'name' | 'ownerEmail' | 'teamId'>,
    manager: EntityManager,
  ): Promise<ServerEntity | null> {
    return manager.findOneBy(ServerEntity, { name, ownerEmail: ownerEmail ?? IsNull(), teamId: teamId ?? IsNull() });
  }

  list(principal: Principal, filter: ListFilter, page: Page): Promise<Paged<ServerEntity>> {
    const query = onlySeenBy(this.database.manager.createQueryBuilder(ServerEntity, 'server'), 'server', principal);
    if (!filter.includeInactive) query.andWhere('server.enabled');
    return pageOf(narrowTo(query, filter, { tagged: 'server', sighted: 'server' }), 'server', page);
  }

  /** What each of the servers has chosen, in its order. */
  async findChosen(serverIds: readonly string[]): Promise<(serverId: string) => readonly ChosenEntry[]> {
    const rows: (ChosenEntry & { serverId: string })[] = await this.database.query(
      `SELECT chosen.server_id AS "serverId", entry.id, entry.kind, coalesce(entry.exposed_name, entry.original_name) AS name,
              gateway.visibility, gateway.team_id AS "teamId", gateway.owner_email AS "ownerEmail"
         FROM registry.server_entry chosen
         JOIN registry.entry entry ON entry.id = chosen.entry_id
         JOIN registry.gateway gateway ON gateway.id = entry.gateway_id
        WHERE chosen.server_id = ANY($1) ORDER BY chosen.server_id, chosen.position`,
      [serverIds],
    );
    const chosen = Map.groupBy(rows, ({ serverId }) => serverId);
    return (serverId) => chosen.get(serverId) ?? [];
  }

  /** The servers that show any of the entries. */
  async findIdsByEntries(entryIds: readonly string[], manager: EntityManager): Promise<string[]> {
    const rows: { id: string }[] = await manager.query(
      'SELECT DISTINCT server_id AS id FROM registry.server_entry WHERE entry_id = ANY($1)',
      [entryIds],
    );
    return rows.map(({ id }) => id);
  }

  /** The servers that show anything of the gateway. */
  async findIdsByGateway(gatewayId: string, manager: EntityManager): Promise<string[]> {
    const rows: { id: string }[] = await manager.query(
      `SELECT DISTINCT chosen.server_id AS id FROM registry.server_entry chosen
         JOIN registry.entry entry ON entry.id = chosen.entry_id WHERE entry.gateway_id = $1`,
      [gatewayId],
    );
    return rows.map(({ id }) => id);
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

  async choose(serverId: string, entryIds: readonly string[], manager: EntityManager): Promise<void> {
    await manager.delete(ServerEntryEntity, { serverId });
    await manager.query(
      `INSERT INTO registry.server_entry (server_id, entry_id, position)
       SELECT $1, id, position FROM unnest($2::text[]) WITH ORDINALITY AS chosen (id, position)`,
      [serverId, entryIds],
    );
  }
}
