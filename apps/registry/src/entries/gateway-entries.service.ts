import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import type { ListKind } from '#libs/mcp';
import type { CatalogChange } from '../changes/catalog-change.js';
import type { ChangePolicy } from './ledger/change-policy.js';
import { type OfferedTools, type ServedTools, ToolLedgerService } from './ledger/tool-ledger.service.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { type EntryKind, LIST_OF } from '../storage/entry-kind.js';
import { newObjectId } from '../storage/stored.entity.js';
import { type Difference, type OfferedEntry, differenceBetween, keyOf } from './difference.js';
import type { EntryEntity } from './entry.entity.js';
import { EntryRepository, type NamedEntry } from './entry.repository.js';
import { type ListFinding, listFindings } from './list-findings.js';
import { type NameClaim, NameConflictService } from './names/name-conflict.service.js';
import { type NamedGateway, exposedNameOf, isFitting, namingOf, problemWithName } from './names/naming.js';

/** The gateway that entries belong to, as far as their names depend on it. */
export interface NamingGateway extends NamedGateway {
  readonly id: string;
  readonly name: string;
}

/** What an upstream offers, as far as it could be read. */
export interface OfferedEntries {
  readonly entries: readonly OfferedEntry[];
  /** Of these not all could be read. */
  readonly incomplete: ReadonlySet<ListKind>;
  /** What becomes of changed tools; null: it has never been read before, so nothing has changed. */
  readonly changePolicy: ChangePolicy | null;
  /** Tools by their own names: as `OfferedTools` has it. */
  readonly hiddenTexts: ReadonlySet<string>;
}

/** What replacing the entries of a gateway did. */
export interface ReplacedEntries extends Difference<EntryEntity> {
  /** Offered, but left out because an entry that was there before has the exposed name. */
  readonly conflicting: readonly (OfferedEntry & { readonly exposedName: string })[];
  /** Tools whose change is held back. */
  readonly toolsHeld: number;
}

export interface EntrySummary {
  readonly counts: Readonly<Record<EntryKind, number>>;
  readonly findings: readonly ListFinding[];
}

/** All entries of one gateway: stored when it is registered, replaced when it is refreshed, renamed with it. */
@Injectable()
export class GatewayEntriesService {
  constructor(
    private readonly entries: EntryRepository,
    private readonly conflicts: NameConflictService,
    private readonly ledger: ToolLedgerService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** Answers a function from a gateway's id to how many entries it has, and what there is to say of its lists. */
  async summarise(
    gatewayIds: readonly string[],
    manager?: EntityManager,
  ): Promise<(gatewayId: string) => EntrySummary> {
    const sumsOf = await this.entries.sumByGateways(gatewayIds, manager);
    return (gatewayId) => {
      const { tool, prompt, resource, template } = sumsOf(gatewayId);
      const counts = { tool: tool.count, prompt: prompt.count, resource: resource.count, template: template.count };
      return { counts, findings: listFindings(sumsOf(gatewayId), this.settings.page) };
    };
  }

  /** All that is stored of a gateway. */
  findOf(gatewayId: string): Promise<EntryEntity[]> {
    return this.entries.findByGateway(gatewayId);
  }

  /** Whether `replace` would change nothing, and note nothing. What is left out for its name, or held back, is known as such. */
  async isReplaced(gateway: NamingGateway, offer: OfferedEntries): Promise<boolean> {
    const known = await this.entries.findByGateway(gateway.id);
    const { changePolicy } = offer;
    const tools = offeredTools({ ...offer, gateway, known });
    const served =
      changePolicy === null ? tools.offered : await this.ledger.preview({ ...tools, policy: changePolicy });
    if (served === null) return false;
    const { added, updated, removed } = differenceOf(known, served, offer);
    if (updated.length > 0 || removed.length > 0) return false;
    return (await this.withoutConflicts(gateway, added, known)).added.length === 0;
  }

  /** What a gateway offers, by the names that clients use. */
  findNames(gatewayId: string): Promise<NamedEntry[]> {
    return this.entries.findNames(gatewayId);
  }

  /** What somebody switched off, whether or not it is offered now, by `keyOf`. */
  async findSwitchedOff(gatewayId: string, manager?: EntityManager): Promise<ReadonlySet<string>> {
    return new Set((await this.entries.findSwitchedOff(gatewayId, manager)).map(keyOf));
  }

  /** How a call of a tool of an HTTP API becomes a request; null where it is no such tool. */
  findSource(gatewayId: string, originalName: string): Promise<string | null> {
    return this.entries.findSource(gatewayId, originalName);
  }

  /** Stores what a new gateway offers. Throws `registry.name_taken`. */
  async insert(
    gateway: NamingGateway,
    offered: readonly OfferedEntry[],
    principal: Principal,
    manager: EntityManager,
  ): Promise<void> {
    const rows = newRows(gateway, offered);
    await this.conflicts.assertNamesFree(rows, gateway, principal, manager);
    await this.entries.insert(rows, manager);
  }

  /**
   * Brings what is stored to what is offered now, but for changes of tools that are held back. An entry that keeps its original name keeps its id, custom name and
   * state, and one that somebody switched off stays off when it comes back; a new one whose name is taken is left out, so
   * what stood first keeps the name. Of an incomplete list nothing is removed: it may still be offered.
   */
  async replace(
    gateway: NamingGateway,
    { entries, incomplete, changePolicy, hiddenTexts }: OfferedEntries,
    manager: EntityManager,
    change: CatalogChange,
  ): Promise<ReplacedEntries> {
    const known = await this.entries.findByGateway(gateway.id, manager);
    const { served, held } = await this.servedTools(
      { gateway, changePolicy, known, entries, incomplete, hiddenTexts },
      manager,
    );
    const { added: wanted, updated, removed } = differenceOf(known, served, { entries, incomplete });
    const gone = new Set(removed);
    const staying = known.filter((entry) => !gone.has(entry));
    const { added: free, conflicting } = await this.withoutConflicts(gateway, wanted, staying, manager);
    const added = await this.withSwitches(gateway.id, free, manager);

    const changed = [...removed, ...updated.map((pair) => pair.known)];
    const removedIds = removed.map(({ id }) => id);
    await change.touchServersOfEntries(changed.map(({ id }) => id));
    await this.entries.delete(removedIds, manager);
    const updatedAt = new Date();
    for (const { known: entry, offered: now } of updated) {
      const { definition, era = null, legacyDefinition = null, headerParams, source = null, heldChange = null } = now;
      const version = { definition, era, legacyDefinition, headerParams: [...headerParams], source, heldChange };
      const changes = { ...version, updatedAt };
      await this.entries.update(entry.id, changes, manager);
    }
    await this.entries.insert(newRows(gateway, added), manager);
    change.touchKinds([...added, ...changed].map(({ kind }) => kind));
    return { added, updated, removed, conflicting, toolsHeld: held };
  }

  /** Tools of a gateway by names that the models of some clients do not take, each with the reason. */
  async findUnfit(gatewayId: string, manager: EntityManager): Promise<{ name: string; reason: string }[]> {
    const entries = await this.entries.findByGateway(gatewayId, manager);
    return entries
      .filter(({ kind, exposedName }) => kind === 'tool' && exposedName !== null && !isFitting(exposedName))
      .map(({ originalName, exposedName }) => ({ name: originalName, reason: unfit(exposedName ?? '') }));
  }

  /** Gives the entries their names under the gateway's new prefix or style. Throws `http.invalid` or `registry.name_taken`. */
  async rename(gateway: NamingGateway, principal: Principal, manager: EntityManager): Promise<void> {
    const naming = namingOf(gateway);
    const entries = await this.entries.findByGateway(gateway.id, manager);
    const claims = entries.map(({ id, kind, originalName, customName }) => {
      const name = customName ?? originalName;
      const problem = problemWithName(kind, name, naming);
      if (problem !== null) throw fail('http.invalid', { message: `"${name}" cannot be renamed: ${problem}` });
      return { id, kind, originalName, exposedName: exposedNameOf(kind, naming, name) };
    });
    assertDistinct(claims, gateway.name);
    await this.conflicts.assertNamesFree(claims, gateway, principal, manager);
    await this.entries.rename(claims, manager);
  }

  private async servedTools(offer: KnownOffer, manager: EntityManager): Promise<ServedTools> {
    const tools = offeredTools(offer);
    if (offer.changePolicy === null) return { served: tools.offered, held: 0 };
    return this.ledger.settle({ ...tools, policy: offer.changePolicy }, manager);
  }

  /** What is new to the registry, but off where somebody switched it off before the upstream dropped it. */
  private async withSwitches(
    gatewayId: string,
    added: readonly OfferedEntry[],
    manager: EntityManager,
  ): Promise<readonly OfferedEntry[]> {
    if (added.length === 0) return added;
    const switchedOff = await this.findSwitchedOff(gatewayId, manager);
    return added.map((entry) => (switchedOff.has(keyOf(entry)) ? { ...entry, startsDisabled: true } : entry));
  }

  private async withoutConflicts(
    gateway: NamingGateway,
    wanted: readonly OfferedEntry[],
    staying: readonly EntryEntity[],
    manager?: EntityManager,
  ): Promise<{ added: OfferedEntry[]; conflicting: (OfferedEntry & { exposedName: string })[] }> {
    const naming = namingOf(gateway);
    const taken = new Set(staying.map(({ kind, exposedName }) => `${kind} ${exposedName}`));
    const claims = wanted.map((entry) => ({
      ...entry,
      exposedName: exposedNameOf(entry.kind, naming, entry.originalName),
    }));
    for (const { claim } of await this.conflicts.find(claims, gateway.id, manager))
      taken.add(`${claim.kind} ${claim.exposedName}`);
    const added: OfferedEntry[] = [];
    const conflicting: (OfferedEntry & { exposedName: string })[] = [];
    for (const { exposedName, ...entry } of claims) {
      if (exposedName === null || !taken.has(`${entry.kind} ${exposedName}`)) added.push(entry);
      else conflicting.push({ ...entry, exposedName });
      taken.add(`${entry.kind} ${exposedName}`);
    }
    return { added, conflicting };
  }
}

interface KnownOffer extends OfferedEntries {
  readonly gateway: NamingGateway;
  readonly known: readonly EntryEntity[];
}

const offeredTools = ({
  gateway,
  known,
  entries,
  incomplete,
  hiddenTexts,
}: KnownOffer): Omit<OfferedTools, 'policy'> => ({
  gateway,
  known: known.filter(({ kind }) => kind === 'tool'),
  offered: entries.filter(({ kind }) => kind === 'tool'),
  isIncomplete: incomplete.has('tools'),
  hiddenTexts,
});

/** `served`: the tools, as they are to be. Of an incomplete list nothing is missing. */
const differenceOf = (
  known: readonly EntryEntity[],
  served: readonly OfferedEntry[],
  { entries, incomplete }: Pick<OfferedEntries, 'entries' | 'incomplete'>,
): Difference<EntryEntity> => {
  const found = differenceBetween(known, [...served, ...entries.filter(({ kind }) => kind !== 'tool')]);
  return { ...found, removed: found.removed.filter(({ kind }) => !incomplete.has(LIST_OF[kind])) };
};

/** In a style that drops differences two names of one upstream may become one. */
const assertDistinct = (claims: readonly NameClaim[], gatewayName: string): void => {
  const holders = new Map<string, string>();
  for (const { kind, originalName, exposedName } of claims) {
    if (exposedName === null) continue;
    const other = holders.get(`${kind} ${exposedName}`);
    if (other !== undefined) {
      throw fail('registry.name_taken', {
        message: `"${originalName}" and "${other}" of the gateway "${gatewayName}" would both be called "${exposedName}"`,
      });
    }
    holders.set(`${kind} ${exposedName}`, originalName);
  }
};

/** Entries that are new to the registry: enabled unless they start otherwise, under the gateway's prefix, without anything of their own. */
const newRows = (gateway: NamingGateway, offered: readonly OfferedEntry[]): Omit<EntryEntity, 'ordinal'>[] => {
  const now = new Date();
  const naming = namingOf(gateway);
  return offered.map(({ kind, originalName, definition, era, legacyDefinition, headerParams, source, ...more }) => ({
    id: newObjectId(),
    kind,
    gatewayId: gateway.id,
    originalName,
    customName: null,
    exposedName: exposedNameOf(kind, naming, originalName),
    definition,
    era: era ?? null,
    legacyDefinition: legacyDefinition ?? null,
    headerParams: [...headerParams],
    source: source ?? null,
    descriptionOverride: null,
    taskAfterMs: null,
    heldChange: more.heldChange ?? null,
    tags: [...(more.tags ?? [])],
    enabled: more.startsDisabled !== true,
    createdAt: now,
    updatedAt: now,
  }));
};

const unfit = (exposedName: string): string =>
  `offered, but as "${exposedName.slice(0, 128)}", and the models of some clients take no name but of A-Z a-z 0-9 _ - ` +
  'with at most 64 characters; toolNameStyle "fitted" or a customName gives it one';
