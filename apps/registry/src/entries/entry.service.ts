import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { assertRepeats } from '#libs/service';
import type { CatalogChange } from '../changes/catalog-change.js';
import { CatalogChangesService } from '../changes/catalog-changes.service.js';
import { KeptRowsService } from '../changes/kept-rows.service.js';
import { UpstreamCredentialService } from '../credentials/upstream-credential.service.js';
import { type ListQuery, filterOf, listAnswer, nextCursorOf, pageOfQuery } from '../rest/list.query.js';
import { assertCanChange, assertCanView } from '../rest/ownership.js';
import { ToolLedgerService } from './ledger/tool-ledger.service.js';
import { type EntryKind, LIST_OF } from '../storage/entry-kind.js';
import { type Paged, scopeKeyOf } from '../storage/page.js';
import { isObjectId } from '../storage/stored.entity.js';
import { OWN_MEMBERS, type UpdateEntryBody, type UpdateToolBody } from './entry.body.js';
import { type EntryEntity, EntryGatewayEntity, type EntryWithGateway } from './entry.entity.js';
import { EntryRepository } from './entry.repository.js';
import { type EntryView, entryView, type TemplateListView } from './entry.view.js';
import { NameConflictService } from './names/name-conflict.service.js';
import { exposedNameOf, namingOf, problemWithName } from './names/naming.js';

const KEPT_AS = { tool: 'tools', prompt: 'prompts', resource: 'resources', template: 'resources' } as const;

/** What an entry takes in memory beside its texts. */
const ROW_CHARS = 1_000;

/** About as many characters as an entry takes in memory. */
const charsOf = ({ definition, legacyDefinition, descriptionOverride, gateway }: EntryWithGateway): number =>
  ROW_CHARS +
  definition.length +
  (legacyDefinition?.length ?? 0) +
  (descriptionOverride?.length ?? 0) +
  JSON.stringify(gateway.serverInfo).length;

/** Which entry is changed, how and by whom. */
export interface EntryUpdate {
  readonly kinds: readonly EntryKind[];
  readonly id: string;
  readonly body: UpdateEntryBody | UpdateToolBody;
  readonly principal: Principal;
}

/**
 * Tools, prompts and resources: an entry is seen and changed by those who may see and change its gateway. Every method
 * that takes an id throws `registry.unknown` for one that is not there or that the caller may not see.
 */
@Injectable()
export class EntryService {
  constructor(
    private readonly entries: EntryRepository,
    private readonly conflicts: NameConflictService,
    private readonly changes: CatalogChangesService,
    private readonly credentials: UpstreamCredentialService,
    private readonly toolLedger: ToolLedgerService,
    private readonly kept: KeptRowsService,
  ) {}

  /** The entries of a kind that the caller may see; an array, or a page when the query asks for one. */
  async list(kind: EntryKind, query: ListQuery, principal: Principal) {
    const paged = await this.readPage(kind, query, principal);
    return listAnswer(
      query,
      LIST_OF[kind],
      paged,
      paged.rows.map((row) => entryView(row, principal)),
    );
  }

  /** The resource templates that the caller may see, as ContextForge lists them: never a plain array. */
  async listTemplates(query: ListQuery, principal: Principal): Promise<TemplateListView> {
    const paged = await this.readPage('template', query, principal);
    return { resource_templates: paged.rows.map((row) => entryView(row, principal)), next_cursor: nextCursorOf(paged) };
  }

  /** Entries of these kinds that go by one of these ids, exposed names or URIs, as far as the caller may see them. */
  findChosen(
    kinds: readonly EntryKind[],
    choices: readonly string[],
    principal: Principal,
    manager?: EntityManager,
  ): Promise<EntryWithGateway[]> {
    return this.entries.findChosen(kinds, choices, principal, manager);
  }

  /** The one entry of a gateway that was described by hand. */
  async describeOnly(gatewayId: string, principal: Principal): Promise<EntryView> {
    const [entry] = await this.entries.findByGateway(gatewayId);
    if (entry === undefined) throw fail('registry.unknown');
    return entryView(await this.find([entry.kind], entry.id), principal);
  }

  /** Throws `auth.grant_missing` where the caller may see the entry but not change it. */
  async findChangeable(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<EntryWithGateway> {
    const entry = await this.find(kinds, id);
    assertCanChange(principal, entry.gateway);
    return entry;
  }

  /** What is disabled is not there. */
  async findUsable(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<EntryWithGateway> {
    const entry = await this.find(kinds, id);
    assertCanView(principal, entry.gateway);
    if (!entry.enabled || !entry.gateway.enabled) throw fail('registry.unknown');
    return entry;
  }

  /** Whether the one entry of a gateway is just so. */
  async isStored(gatewayId: string, described: { definition: string; source: string }): Promise<boolean> {
    const [entry] = await this.entries.findByGateway(gatewayId);
    return entry?.definition === described.definition && entry.source === described.source;
  }

  async describe(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<EntryView> {
    // What is not there is not kept: anyone may ask for that.
    if (!isObjectId(id)) throw fail('registry.unknown');
    const [kind] = kinds;
    const found = await this.kept.of({
      list: KEPT_AS[kind as EntryKind],
      key: ['one', kinds, id],
      read: () => this.find(kinds, id),
      chars: charsOf,
    });
    assertCanView(principal, found.gateway);
    return entryView(found, principal);
  }

  /** What the body leaves out stays. Throws `http.invalid` for what cannot be changed, and `http.invalid` or `registry.name_taken` for a custom name. */
  async update(
    kinds: readonly EntryKind[],
    id: string,
    body: UpdateEntryBody | UpdateToolBody,
    principal: Principal,
  ): Promise<EntryView> {
    return this.changes.make((manager, change) => this.updateWithin({ kinds, id, body, principal }, manager, change));
  }

  /** As `update`, as a part of a change of more. */
  async updateWithin(
    { kinds, id, body, principal }: EntryUpdate,
    manager: EntityManager,
    change: CatalogChange,
  ): Promise<EntryView> {
    const entry = await this.find(kinds, id, manager);
    assertCanChange(principal, entry.gateway);
    await change.touchEntry(entry);
    assertRepeats(body, entryView(entry, principal), entry.gateway.transport === 'OWN' ? [] : OWN_MEMBERS);
    const changes: Partial<EntryEntity> = { updatedAt: new Date() };
    if (body.description !== undefined) changes.descriptionOverride = body.description;
    if (body.tags) changes.tags = body.tags;
    if ('taskAfterMs' in body && body.taskAfterMs !== undefined) changes.taskAfterMs = body.taskAfterMs;
    if (body.customName !== undefined) {
      changes.customName = body.customName === '' ? null : body.customName;
      changes.exposedName = await this.freeNameFor(entry, changes.customName, principal, manager);
    }
    await this.entries.update(id, changes, manager);
    return entryView(Object.assign(entry, changes), principal);
  }

  /**
   * Lasts for as long as the gateway is registered, also when the upstream drops the entry and offers it again. Throws
   * `http.conflict` for a tool that is blocked: whoever may approve its change decides.
   */
  async setEnabled(
    kinds: readonly EntryKind[],
    id: string,
    enabled: boolean,
    principal: Principal,
  ): Promise<EntryView> {
    return this.changes.make(async (manager, change) => {
      const entry = await this.find(kinds, id, manager);
      assertCanChange(principal, entry.gateway);
      const { isBlocked, serverIds } = await this.entries.readBeforeSwitch(entry, manager);
      if (enabled && entry.kind === 'tool' && isBlocked)
        throw fail('http.conflict', { message: 'The tool is blocked: approve its change, or keep the old version' });
      change.touchShownEntry(entry, serverIds);
      const updatedAt = new Date();
      await this.entries.switchAlone(entry, enabled, updatedAt, { manager, change });
      return entryView(Object.assign(entry, { enabled, updatedAt }), principal);
    });
  }

  /**
   * What was described by hand is gone; of others, until the next refresh: what the upstream still offers then
   * comes back as new, or switched off as it was, a tool by what was approved of it.
   */
  async remove(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<void> {
    const { gateway } = await this.find(kinds, id);
    const isWholeGateway = gateway.transport === 'REST' || gateway.transport === 'OWN';
    if (gateway.transport === 'REST') {
      assertCanChange(principal, gateway);
      // First, so that a tool that is gone leaves no secret behind.
      await this.credentials.keep(gateway.id, null);
    }
    await this.changes.make(async (manager, change) => {
      const entry = await this.find(kinds, id, manager);
      assertCanChange(principal, entry.gateway);
      await change.touchEntry(entry);
      if (!isWholeGateway && entry.kind === 'tool') {
        const source = await this.entries.findSource(entry.gatewayId, entry.originalName, manager);
        await this.toolLedger.noteRemoved(Object.assign(entry, { source }), manager);
      }
      await this.entries.delete([id], manager);
      if (!isWholeGateway) return;
      await manager.delete(EntryGatewayEntity, { id: gateway.id });
      change.upstreamIds.add(gateway.id);
      change.upstreams.set(gateway.id, 'removed');
    });
  }

  private readPage(kind: EntryKind, query: ListQuery, principal: Principal): Promise<Paged<EntryWithGateway>> {
    const [filter, page] = [filterOf(query), pageOfQuery(query)];
    return this.kept.of({
      list: KEPT_AS[kind],
      key: [kind, scopeKeyOf(principal), filter, page],
      read: () => this.entries.list(kind, principal, filter, page),
      chars: ({ rows }) => rows.reduce((sum, row) => sum + charsOf(row), 0),
    });
  }

  /** The exposed name under a custom name, null for the upstream's own one. */
  private async freeNameFor(
    entry: EntryWithGateway,
    customName: string | null,
    principal: Principal,
    manager: EntityManager,
  ): Promise<string | null> {
    const { kind, originalName, gateway } = entry;
    const name = customName ?? originalName;
    const naming = namingOf(gateway);
    const problem = problemWithName(kind, name, naming);
    if (problem !== null) throw fail('http.invalid', { message: `customName: ${problem}` });
    const exposedName = exposedNameOf(kind, naming, name);
    const siblings = await this.entries.findByGateway(gateway.id, manager);
    const sibling = siblings.find(
      (other) => other.id !== entry.id && other.kind === kind && other.exposedName === exposedName,
    );
    if (sibling !== undefined) {
      throw fail('registry.name_taken', {
        message: `"${originalName}" and "${sibling.originalName}" of the gateway "${gateway.name}" would both be called "${exposedName}"`,
      });
    }
    await this.conflicts.assertNamesFree([{ kind, originalName, exposedName }], gateway, principal, manager);
    return exposedName;
  }

  private async find(kinds: readonly EntryKind[], id: string, manager?: EntityManager): Promise<EntryWithGateway> {
    const entry = isObjectId(id) ? await this.entries.findById(kinds, id, manager) : null;
    if (entry === null) throw fail('registry.unknown');
    return entry;
  }
}
