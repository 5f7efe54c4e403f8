import type { GatewayEntity } from '../gateways/gateway.entity.js';
import type { LoggedChange } from '../changes/catalog-changes.service.js';
import { type KeptEntry, type StoredEntry, isAlone, isApp, keptEntry } from './stored-entry.js';

/** Rows of the moment of a revision: whatever of the gateways and entries that were asked for is there. */
export interface StoredCatalog {
  readonly revision: number;
  readonly gateways: readonly GatewayEntity[];
  /** Enabled ones of enabled gateways, and MCP Apps in any case. */
  readonly entries: readonly (StoredEntry & { readonly isShown: boolean })[];
}

/** Everything that has changed since a revision. */
export interface Changes {
  readonly entryIds: ReadonlySet<string>;
  readonly gatewayIds: ReadonlySet<string>;
  readonly serverIds: ReadonlySet<string>;
  /** Entries that did not change may be shown otherwise, as one stands in for another or took its URI. */
  readonly isWide: boolean;
}

/** A replica that is further behind, in changes or in what they name, is given the whole. */
const CHANGES_MAX = 1_000;
const IDS_MAX = 50_000;

/** All that is enabled, in memory, and what its last revisions changed. A definition is held once, whoever shows it. */
export class Snapshot {
  readonly hiddenApps = new Map<string, { readonly gatewayId: string; readonly uri: string }>();
  private readonly kept = new Map<string, KeptEntry>();
  private readonly idsByGateway = new Map<string, Set<string>>();
  private readonly gatewayById = new Map<string, GatewayEntity>();
  private readonly log: (LoggedChange & { readonly isWide: boolean })[] = [];
  private idsLogged = 0;
  private known: number;

  constructor({ revision, gateways, entries }: StoredCatalog) {
    this.known = revision;
    for (const gateway of gateways) this.putGateway(gateway);
    for (const entry of entries) this.putEntry(entry);
  }

  get revision(): number {
    return this.known;
  }

  /** How many changes are held for those who are behind. */
  get changesHeld(): number {
    return this.log.length;
  }

  entry(id: string): KeptEntry | undefined {
    return this.kept.get(id);
  }

  entries(): Iterable<KeptEntry> {
    return this.kept.values();
  }

  idsOf(gatewayId: string): Iterable<string> {
    return this.idsByGateway.get(gatewayId) ?? [];
  }

  gateway(id: string): GatewayEntity | undefined {
    return this.gatewayById.get(id);
  }

  /** In the order in which they were registered. */
  gateways(): GatewayEntity[] {
    return [...this.gatewayById.values()].sort((one, other) => one.ordinal - other.ordinal);
  }

  /** What a refresh notes of a gateway without a change of its lists. */
  renewGateways(gateways: readonly GatewayEntity[]): void {
    for (const gateway of gateways) if (this.gatewayById.has(gateway.id)) this.gatewayById.set(gateway.id, gateway);
  }

  /** The changes must follow without a gap; `read` is what there is now of all that they name. */
  apply(changes: readonly LoggedChange[], read: StoredCatalog): void {
    const named = new Set(changes.flatMap(({ entryIds }) => entryIds));
    const alone = new Set([...named].filter((id) => this.isKnownAlone(id)));
    for (const id of new Set(changes.flatMap(({ gatewayIds }) => gatewayIds))) this.dropGateway(id);
    for (const id of named) this.dropEntry(id);
    for (const gateway of read.gateways) this.putGateway(gateway);
    for (const entry of read.entries) this.putEntry(entry);
    const isAloneNow = (id: string): boolean => alone.has(id) || this.isKnownAlone(id);
    for (const change of changes) {
      this.log.push({ ...change, isWide: change.gatewayIds.length > 0 || !change.entryIds.every(isAloneNow) });
      this.idsLogged += idsOf(change);
    }
    while (this.log.length > CHANGES_MAX || this.idsLogged > IDS_MAX) {
      this.idsLogged -= idsOf(this.log.shift() as LoggedChange);
    }
    this.known = read.revision;
  }

  /** Null: too long ago, or never. */
  changesSince(revision: number): Changes | null {
    if (revision > this.known || revision < this.known - this.log.length) return null;
    const changes = this.log.slice(this.log.length - (this.known - revision));
    return {
      entryIds: new Set(changes.flatMap(({ entryIds }) => entryIds)),
      gatewayIds: new Set(changes.flatMap(({ gatewayIds }) => gatewayIds)),
      serverIds: new Set(changes.flatMap(({ serverIds }) => serverIds)),
      isWide: changes.some(({ isWide }) => isWide),
    };
  }

  private isKnownAlone(id: string): boolean {
    const kept = this.kept.get(id);
    return kept !== undefined && isAlone(kept);
  }

  private putGateway(gateway: GatewayEntity): void {
    if (gateway.enabled) this.gatewayById.set(gateway.id, gateway);
  }

  private putEntry({ isShown, ...stored }: StoredCatalog['entries'][number]): void {
    const { id, gatewayId, originalName: uri } = stored;
    // One of a gateway that was switched on just now comes with that change.
    if (!isShown || !this.gatewayById.has(gatewayId)) {
      if (!isShown && isApp(stored)) this.hiddenApps.set(id, { gatewayId, uri });
      return;
    }
    this.kept.set(id, keptEntry(stored));
    let ids = this.idsByGateway.get(gatewayId);
    if (ids === undefined) this.idsByGateway.set(gatewayId, (ids = new Set()));
    ids.add(id);
  }

  private dropEntry(id: string): void {
    this.hiddenApps.delete(id);
    const kept = this.kept.get(id);
    if (kept === undefined) return;
    this.kept.delete(id);
    this.idsByGateway.get(kept.stored.gatewayId)?.delete(id);
  }

  private dropGateway(id: string): void {
    for (const entryId of this.idsOf(id)) this.dropEntry(entryId);
    for (const [entryId, { gatewayId }] of this.hiddenApps) if (gatewayId === id) this.hiddenApps.delete(entryId);
    this.idsByGateway.delete(id);
    this.gatewayById.delete(id);
  }
}

const idsOf = ({ entryIds, gatewayIds, serverIds }: LoggedChange): number =>
  entryIds.length + gatewayIds.length + serverIds.length;
