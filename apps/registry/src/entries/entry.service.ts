import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { CatalogChanges } from '../changes/catalog-changes.service.js';
import { Collisions } from './name-conflict.service.js';
import { type EntryKind, exposedNameOf, prefixOf, problemWithName } from './naming.js';
import type { EntryEntity } from './entry.entity.js';
import { EntryRepository } from './entry.repository.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';
import { isObjectId } from '../storage/object-id.js';
import { ServerRepository } from '../servers/server.repository.js';
import type { UpdateEntryBody, UpdateToolBody } from './entry.body.js';
import { entryView } from './entry.view.js';
import { type ListQuery, filterOf, listAnswer, pageOfQuery } from '../rest/list.query.js';
import { mustChange, mustSee } from '../rest/ownership.js';

type EntryView = ReturnType<typeof entryView>;

interface Found {
  readonly entry: EntryEntity;
  readonly gateway: GatewayEntity;
}

/** Tools, prompts and resources: an entry is seen and changed by those who may see and change its gateway. */
@Injectable()
export class EntryService {
  constructor(
    private readonly entries: EntryRepository,
    private readonly gateways: GatewayRepository,
    private readonly servers: ServerRepository,
    private readonly collisions: Collisions,
    private readonly changes: CatalogChanges,
  ) {}

  /** `member` names the list in an answer that is paged. */
  async list(kind: EntryKind, member: string, query: ListQuery, principal: Principal) {
    const paged = await this.entries.list(kind, principal, filterOf(query), pageOfQuery(query));
    return listAnswer(query, member, paged, await this.views(paged.rows));
  }

  async views(rows: readonly EntryEntity[]): Promise<EntryView[]> {
    const gateways = await this.gateways.findByIds([...new Set(rows.map(({ gatewayId }) => gatewayId))]);
    const gatewayById = new Map(gateways.map((gateway) => [gateway.id, gateway]));
    return rows.flatMap((row) => {
      const gateway = gatewayById.get(row.gatewayId);
      return gateway === undefined ? [] : [entryView(row, gateway)];
    });
  }

  async describe(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<EntryView> {
    const { entry, gateway } = await this.find(kinds, id);
    mustSee(principal, gateway);
    return entryView(entry, gateway);
  }

  async update(
    kinds: readonly EntryKind[],
    id: string,
    body: UpdateEntryBody | UpdateToolBody,
    principal: Principal,
  ): Promise<EntryView> {
    await this.change(kinds, id, principal, async ({ entry, gateway }, manager) => {
      const changes: Partial<EntryEntity> = { updatedAt: new Date() };
      if (body.description !== undefined) changes.descriptionOverride = body.description;
      if (body.tags) changes.tags = body.tags;
      if ('taskAfterMs' in body && body.taskAfterMs !== undefined) changes.taskAfterMs = body.taskAfterMs;
      if (body.customName !== undefined) {
        changes.customName = body.customName === '' ? null : body.customName;
        changes.exposedName = await this.nameFor(
          entry,
          changes.customName ?? entry.originalName,
          gateway,
          principal,
          manager,
        );
      }
      await this.entries.update(id, changes, manager);
    });
    return this.describe(kinds, id, principal);
  }

  async setEnabled(
    kinds: readonly EntryKind[],
    id: string,
    enabled: boolean,
    principal: Principal,
  ): Promise<EntryView> {
    await this.change(kinds, id, principal, async (_found, manager) => {
      await this.entries.update(id, { enabled, updatedAt: new Date() }, manager);
    });
    return this.describe(kinds, id, principal);
  }

  /** Until the next refresh: what the upstream still offers then comes back as new. */
  async remove(kinds: readonly EntryKind[], id: string, principal: Principal): Promise<void> {
    await this.change(kinds, id, principal, (_found, manager) => this.entries.delete([id], manager));
  }

  private async nameFor(
    entry: EntryEntity,
    name: string,
    gateway: GatewayEntity,
    principal: Principal,
    manager: EntityManager,
  ): Promise<string | null> {
    const { kind, originalName } = entry;
    const prefix = prefixOf(gateway);
    const problem = problemWithName(kind, name, prefix);
    if (problem !== null) throw fail('http.invalid', { message: `customName: ${problem}` });
    const exposedName = exposedNameOf(kind, prefix, name);
    const siblings = await this.entries.findByGateway(gateway.id, manager);
    const sibling = siblings.find(
      (other) => other.id !== entry.id && other.kind === kind && other.exposedName === exposedName,
    );
    if (sibling !== undefined) {
      throw fail('registry.name_taken', {
        message: `"${originalName}" and "${sibling.originalName}" of the gateway "${gateway.name}" would both be called "${exposedName}"`,
      });
    }
    await this.collisions.refuse([{ kind, originalName, exposedName }], gateway, principal, manager);
    return exposedName;
  }

  private async change(
    kinds: readonly EntryKind[],
    id: string,
    principal: Principal,
    work: (found: Found, manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    const seen = await this.find(kinds, id);
    mustChange(principal, seen.gateway);
    await this.changes.make(async (manager, change) => {
      const found = await this.find(kinds, id, manager);
      mustChange(principal, found.gateway);
      change.touchKinds([found.entry.kind]);
      change.upstreamIds.add(found.gateway.id);
      change.touchServers(await this.servers.findIdsByEntries([id], manager));
      await work(found, manager);
    });
  }

  private async find(kinds: readonly EntryKind[], id: string, manager?: EntityManager): Promise<Found> {
    const entry = isObjectId(id) ? await this.entries.findById(kinds, id, manager) : null;
    const gateway = entry === null ? null : await this.gateways.findById(entry.gatewayId, manager);
    if (entry === null || gateway === null) throw fail('registry.unknown');
    return { entry, gateway };
  }
}
