import type { EntityManager } from 'typeorm';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { CATALOG_LISTS, catalogListOf } from '#libs/mcp';
import { type EntryKind, LIST_OF } from '../storage/entry-kind.js';

/** What a change did, as far as other services must know. */
export class CatalogChange {
  readonly lists = new Set<CatalogList>();
  /** Entries that are other than before, or gone. */
  readonly entryIds = new Set<string>();
  /** Virtual servers that are other than before themselves, or gone. */
  readonly serverIds = new Set<string>();
  /** Gateways any of whose entries may be other than before. */
  readonly upstreamIds = new Set<string>();
  readonly upstreams = new Map<string, 'updated' | 'removed'>();
  /** Set by whoever wrote it down with the last statement of the change. */
  revision: number | null = null;
  private readonly showingServerIds = new Set<string>();
  private readonly entryUpstreamIds = new Set<string>();

  /** `manager`: the transaction of the change. */
  constructor(private readonly manager: EntityManager) {}

  /** Those that are other than before, and those that show something that is. */
  get allServerIds(): string[] {
    return [...new Set([...this.serverIds, ...this.showingServerIds])];
  }

  /** Those that are other than before, and those of the entries that are. */
  get allUpstreamIds(): string[] {
    return [...new Set([...this.upstreamIds, ...this.entryUpstreamIds])];
  }

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
    this.entryIds.add(entry.id);
    this.entryUpstreamIds.add(entry.gatewayId);
    await this.touchServersOfEntries([entry.id]);
  }

  /** As `touchEntry`, where it is known which virtual servers show it. */
  touchShownEntry(
    entry: { readonly id: string; readonly kind: EntryKind; readonly gatewayId: string },
    serverIds: readonly string[],
  ): void {
    this.touchKinds([entry.kind]);
    this.entryIds.add(entry.id);
    this.entryUpstreamIds.add(entry.gatewayId);
    for (const id of serverIds) this.showingServerIds.add(id);
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
    for (const { id } of rows) this.showingServerIds.add(id);
  }
}
