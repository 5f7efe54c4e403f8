import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { canView } from '#libs/identity';
import { assertRepeats } from '#libs/service';
import type { CatalogChange } from '../changes/catalog-change.js';
import { CatalogChangesService } from '../changes/catalog-changes.service.js';
import { KeptRowsService } from '../changes/kept-rows.service.js';
import type { EntryWithGateway } from '../entries/entry.entity.js';
import { type EntryView, entryView } from '../entries/entry.view.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { assertAgree } from '../rest/agreement.js';
import { type ListQuery, filterOf, listAnswer, pageOfQuery } from '../rest/list.query.js';
import { type AskedScope, assertCanChange, assertCanView, scopeFrom } from '../rest/ownership.js';
import { ScopeService } from '../rest/scope.service.js';
import type { EntryKind } from '../storage/entry-kind.js';
import { scopeKeyOf } from '../storage/page.js';
import { isObjectId, newObjectId } from '../storage/stored.entity.js';
import type { CreateServerBody, ServerBody, UpdateServerBody } from './server.body.js';
import { ServerChoiceService } from './server-choice.service.js';
import type { ServerEntity } from './server.entity.js';
import { ServerRepository } from './server.repository.js';
import { ServerView } from './server.view.js';

/**
 * Virtual servers: chosen entries under an endpoint of their own. Every method that takes an id and a caller throws
 * `registry.unknown` for a server that is not there or that the caller may not see.
 */
@Injectable()
export class ServerService {
  constructor(
    private readonly servers: ServerRepository,
    private readonly choice: ServerChoiceService,
    private readonly changes: CatalogChangesService,
    private readonly scopes: ScopeService,
    private readonly kept: KeptRowsService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** Throws `registry.name_taken`, and `registry.unknown` for a choice that is not there. */
  async create({ server: body, visibility, teamId }: CreateServerBody, principal: Principal): Promise<ServerView> {
    assertAgree({ visibility, teamId }, body);
    const asked = { visibility: visibility ?? body.visibility, teamId: teamId ?? body.teamId };
    const scope = await this.scopes.ofNew(principal, asked);
    const { name, description = null, icon = null, tags = [], toolSearch = false } = body;
    const now = new Date();
    const server = {
      id: newObjectId(),
      name,
      description,
      icon,
      toolSearch,
      tags,
      ...scope,
      enabled: true,
      createdAt: now,
      updatedAt: now,
    };
    return this.changes.make(async (manager, change) => {
      await this.assertNameFree(server, manager);
      const chosen = await this.choice.read({ ...NOTHING, ...choicesOf(body) }, [], principal, manager);
      await this.servers.insert(server, manager);
      await this.servers.choose(server.id, chosen, manager);
      change.touchAllLists();
      change.serverIds.add(server.id);
      return this.viewOf(server, principal, manager);
    });
  }

  /** The virtual servers that the caller may see; an array, or a page when the query asks for one. */
  async list(query: ListQuery, principal: Principal) {
    const listed = await this.read(query, principal);
    const views = listed.rows.map(
      (row) => new ServerView(row, { chosen: listed.chosenBy(row.id), page: this.settings.page }, principal),
    );
    return listAnswer(query, 'servers', listed, views);
  }

  private read(query: ListQuery, principal: Principal) {
    const [filter, page] = [filterOf(query), pageOfQuery(query)];
    return this.kept.of({
      list: 'servers',
      key: [scopeKeyOf(principal), filter, page],
      read: async () => {
        const paged = await this.servers.list(principal, filter, page);
        return { ...paged, chosenBy: await this.servers.findChosen(paged.rows.map(({ id }) => id)) };
      },
      chars: ({ rows, chosenBy }) => JSON.stringify(rows.map((row) => [row, chosenBy(row.id)])).length,
    });
  }

  /** The server that the caller would make again with this name. */
  async findNamed(name: string, sight: AskedScope, principal: Principal): Promise<ServerView | null> {
    const { ownerEmail, teamId } = await this.scopes.ofNew(principal, sight);
    const server = await this.servers.findByName({ name, ownerEmail, teamId });
    return server === null ? null : this.viewOf(server, principal);
  }

  /** See `ServerChoiceService.find`. */
  findKnown(kinds: readonly EntryKind[], wanted: readonly string[], principal: Principal) {
    return this.choice.find(kinds, wanted, principal);
  }

  async describe(id: string, principal: Principal): Promise<ServerView> {
    const server = await this.find(id);
    assertCanView(principal, server);
    return this.viewOf(server, principal);
  }

  /** What the body leaves out stays; a list that it gives takes the place of the old one. Throws as `create` does. */
  async update(id: string, body: UpdateServerBody, principal: Principal): Promise<ServerView> {
    const before = await this.find(id);
    assertCanView(principal, before);
    await this.scopes.ofChanged(principal, body, before);
    return this.changes.make(async (manager, change) => {
      const server = await this.begin(id, principal, manager, change);
      assertRepeats(body, await this.viewOf(server, principal, manager));
      const changes = {
        ...scopeFrom(principal, body, server),
        name: body.name ?? server.name,
        tags: body.tags ?? server.tags,
        description: body.description === undefined ? server.description : body.description,
        icon: body.icon === undefined ? server.icon : body.icon,
        toolSearch: body.toolSearch ?? server.toolSearch,
        updatedAt: new Date(),
      };
      await this.assertNameFree({ id, ...changes }, manager);
      await this.servers.update(id, changes, manager);
      const choices = choicesOf(body);
      if (Object.keys(choices).length > 0) {
        const before = await this.servers.findEntries(id, true, manager);
        await this.servers.choose(id, await this.choice.read(choices, before, principal, manager), manager);
      }
      return this.viewOf(Object.assign(server, changes), principal, manager);
    });
  }

  async setEnabled(id: string, enabled: boolean, principal: Principal): Promise<ServerView> {
    return this.changes.make(async (manager, change) => {
      const server = await this.begin(id, principal, manager, change);
      const changes = { enabled, updatedAt: new Date() };
      await this.servers.update(id, changes, manager);
      return this.viewOf(Object.assign(server, changes), principal, manager);
    });
  }

  /** Answers the name it had. */
  async remove(id: string, principal: Principal): Promise<string> {
    return this.changes.make(async (manager, change) => {
      const { name } = await this.begin(id, principal, manager, change);
      await this.servers.delete(id, manager);
      return name;
    });
  }

  /** What the server shows to this caller. */
  async entriesOf(
    id: string,
    kinds: readonly EntryKind[],
    query: ListQuery,
    principal: Principal,
  ): Promise<EntryView[]> {
    assertCanView(principal, await this.find(id));
    const entries = await this.servers.findEntries(id, query.includeInactive ?? false);
    return entries
      .filter(({ kind, gateway }) => kinds.includes(kind) && canView(principal, gateway))
      .map((entry) => entryView(entry, principal));
  }

  /** A server, and all that was chosen for it, whether or not that is enabled or the caller sees it. */
  async readChosen(
    id: string,
    principal: Principal,
  ): Promise<{ readonly server: ServerEntity; readonly chosen: readonly EntryWithGateway[] }> {
    const server = await this.find(id);
    assertCanView(principal, server);
    return { server, chosen: await this.servers.findEntries(id, true) };
  }

  /** An enabled server, and what was chosen for it: ids of entries, each with its place. Throws `registry.server_unknown`. */
  async readShown(
    id: string,
  ): Promise<{ readonly server: ServerEntity; readonly chosen: ReadonlyMap<string, number> }> {
    const server = await this.servers.findById(id);
    if (server === null || !server.enabled) throw fail('registry.server_unknown');
    return { server, chosen: await this.servers.findPlaces(id) };
  }

  /** Within a change: the server, which the caller may change. Whatever is done to one touches all its lists. */
  private async begin(
    id: string,
    principal: Principal,
    manager: EntityManager,
    change: CatalogChange,
  ): Promise<ServerEntity> {
    const server = await this.find(id, manager);
    assertCanChange(principal, server);
    change.touchAllLists();
    change.serverIds.add(id);
    return server;
  }

  private async viewOf(
    server: Omit<ServerEntity, 'ordinal'>,
    principal: Principal,
    manager?: EntityManager,
  ): Promise<ServerView> {
    const chosenBy = await this.servers.findChosen([server.id], manager);
    return new ServerView(server, { chosen: chosenBy(server.id), page: this.settings.page }, principal);
  }

  private async assertNameFree(
    { id, name, ownerEmail, teamId }: Pick<AccessScope, 'ownerEmail' | 'teamId'> & Pick<ServerEntity, 'id' | 'name'>,
    manager: EntityManager,
  ): Promise<void> {
    const holder = await this.servers.findByName({ name, ownerEmail, teamId }, manager);
    if (holder !== null && holder.id !== id) {
      throw fail('registry.name_taken', { message: `You have a server "${name}" already (${holder.id})` });
    }
  }

  private async find(id: string, manager?: EntityManager): Promise<ServerEntity | null> {
    return isObjectId(id) ? this.servers.findById(id, manager) : null;
  }
}

const NOTHING = { associatedTools: [], associatedResources: [], associatedPrompts: [] };

/** The lists that were given. */
const choicesOf = ({ associatedTools, associatedResources, associatedPrompts }: Partial<ServerBody>) =>
  Object.fromEntries(
    Object.entries({ associatedTools, associatedResources, associatedPrompts }).filter(([, list]) => list),
  ) as Partial<Record<keyof typeof NOTHING, string[]>>;
