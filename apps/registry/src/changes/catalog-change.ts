import type { EntityManager } from 'typeorm';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { CATALOG_LISTS, catalogListOf } from '#libs/mcp';
import { type EntryKind, LIST_OF } from '../storage/entry-kind.js';

/** What a change did, as far as other services must know. */
export class CatalogChange {
  readonly lists = new Set<CatalogList>();
  readonly serverIds = new Set<string>();
  readonly upstreamIds = new Set<string>();
  readonly upstreams = new Map<string, 'updated' | 'removed'>();

  /** `manager`: the transaction of the change. */
  constructor(private readonly manager: EntityManager) {}

  touchKinds(kinds: Iterable<EntryKind>): void {
    for (const kind of kinds) this.lists.add(catalogListOf(LIST_OF[kind]));
  }

  touchAllLists(): void {
    for (const list of CATALOG_LISTS) this.lists.add(list);
  }

  /** One entry, and the virtual servers that show it. Call it before the entry is deleted. */
  async touchEntry(entry: {
    readonly id: string;
    readonly kind: EntryKind;
    readonly gatewayId: string;
  }): Promise<void> {
    this.touchKinds([entry.kind]);
    this.upstreamIds.add(entry.gatewayId);
    await this.touchServersOfEntries([entry.id]);
  }

  /** The virtual servers that show any of the entries. Call it before an entry is deleted. */
  async touchServersOfEntries(entryIds: readonly string[]): Promise<void> {
    if (entryIds.length === 0) return;
    await this.touchServers('SELECT DISTINCT server_id AS id FROM registry.server_entry WHERE entry_id = ANY($1)', [
      entryIds,
    ]);
  }

  /** The virtual servers that show anything of the gateway. Call it before the gateway is deleted. */
  async touchServersOfGateway(gatewayId: string): Promise<void> {
    await this.touchServers(
      `SELECT DISTINCT chosen.server_id AS id FROM registry.server_entry chosen
         JOIN registry.entry entry ON entry.id = chosen.entry_id WHERE entry.gateway_id = $1`,
      [gatewayId],
    );
  }

  private async touchServers(query: string, parameters: unknown[]): Promise<void> {
    const rows: { id: string }[] = await this.manager.query(query, parameters);
    for (const { id } of rows) this.serverIds.add(id);
  }
}
