import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { Sight } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { maySee } from '#libs/identity';
import { CatalogChanges } from '../changes/catalog-changes.service.js';
import type { EntryKind } from '../entries/naming.js';
import { EntryRepository } from '../entries/entry.repository.js';
import { isObjectId, newObjectId } from '../storage/object-id.js';
import type { ServerEntity } from './server.entity.js';
import { ServerRepository } from './server.repository.js';
import { EntryService } from '../entries/entry.service.js';
import { type ListQuery, filterOf, listAnswer, pageOfQuery } from '../rest/list.query.js';
import { mustChange, mustSee, sightFrom } from '../rest/ownership.js';
import type { CreateServerBody, ServerBody, UpdateServerBody } from './server.body.js';
import { ServerChoice } from './server-choice.service.js';
import { serverView } from './server.view.js';

type ServerView = ReturnType<typeof serverView>;

/** Virtual servers: a choice of entries under an endpoint of its own. */
@Injectable()
export class ServerService {
  constructor(
    private readonly servers: ServerRepository,
    private readonly entries: EntryRepository,
    private readonly choice: ServerChoice,
    private readonly entryViews: EntryService,
    private readonly changes: CatalogChanges,
  ) {}

  async create({ server: body, visibility, teamId }: CreateServerBody, principal: Principal): Promise<ServerView> {
    const id = newObjectId();
    const sight = sightFrom(principal, { visibility: visibility ?? body.visibility, teamId: teamId ?? body.teamId });
    await this.changes.make(async (manager, change) => {
      await this.mustBeFree(id, body.name, sight, manager);
      const chosen = await this.choice.read({ ...NOTHING, ...choicesOf(body) }, [], principal, manager);
      const now = new Date();
      const { name, description = null } = body;
      await this.servers.insert(
        { id, name, description, tags: body.tags ?? [], ...sight, enabled: true, createdAt: now, updatedAt: now },
        manager,
      );
      await this.servers.choose(id, chosen, manager);
      change.touchAllLists();
      change.serverIds.add(id);
    });
    return this.describe(id, principal);
  }

  async list(query: ListQuery, principal: Principal) {
    const paged = await this.servers.list(principal, filterOf(query), pageOfQuery(query));
    const chosenBy = await this.servers.findChosen(paged.rows.map(({ id }) => id));
    return listAnswer(
      query,
      'servers',
      paged,
      paged.rows.map((row) => serverView(row, chosenBy(row.id), principal)),
    );
  }

  async describe(id: string, principal: Principal): Promise<ServerView> {
    const server = mustSee(principal, await this.find(id));
    const chosenBy = await this.servers.findChosen([id]);
    return serverView(server, chosenBy(id), principal);
  }

  async update(id: string, body: UpdateServerBody, principal: Principal): Promise<ServerView> {
    await this.change(id, principal, async (server, manager) => {
      const sight = sightFrom(principal, body, server);
      const name = body.name ?? server.name;
      const tags = body.tags ?? server.tags;
      const description = body.description === undefined ? server.description : body.description;
      await this.mustBeFree(id, name, sight, manager);
      await this.servers.update(id, { name, description, tags, ...sight, updatedAt: new Date() }, manager);
      const choices = choicesOf(body);
      if (Object.keys(choices).length === 0) return;
      const before = await this.entries.findByServer(id, true, manager);
      await this.servers.choose(id, await this.choice.read(choices, before, principal, manager), manager);
    });
    return this.describe(id, principal);
  }

  async setEnabled(id: string, enabled: boolean, principal: Principal): Promise<ServerView> {
    await this.change(id, principal, (_server, manager) =>
      this.servers.update(id, { enabled, updatedAt: new Date() }, manager),
    );
    return this.describe(id, principal);
  }

  async remove(id: string, principal: Principal): Promise<string> {
    let name = '';
    await this.change(id, principal, async (server, manager) => {
      name = server.name;
      await this.servers.delete(id, manager);
    });
    return name;
  }

  /** What the server shows to this caller. */
  async entriesOf(id: string, kinds: readonly EntryKind[], query: ListQuery, principal: Principal) {
    mustSee(principal, await this.find(id));
    const rows = await this.entries.findByServer(id, query.includeInactive ?? false);
    const views = await this.entryViews.views(rows.filter(({ kind }) => kinds.includes(kind)));
    return views.filter((view) => maySee(principal, view));
  }

  private async change(
    id: string,
    principal: Principal,
    work: (server: ServerEntity, manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    mustChange(principal, await this.find(id));
    await this.changes.make(async (manager, change) => {
      const server = mustChange(principal, await this.servers.findById(id, manager));
      change.touchAllLists();
      change.serverIds.add(id);
      await work(server, manager);
    });
  }

  private async mustBeFree(
    id: string,
    name: string,
    { ownerEmail, teamId }: Sight,
    manager: EntityManager,
  ): Promise<void> {
    const holder = await this.servers.findByName({ name, ownerEmail, teamId }, manager);
    if (holder !== null && holder.id !== id) {
      throw fail('registry.name_taken', { message: `You have a server "${name}" already (${holder.id})` });
    }
  }

  private async find(id: string): Promise<ServerEntity | null> {
    return isObjectId(id) ? this.servers.findById(id) : null;
  }
}

const NOTHING = { associatedTools: [], associatedResources: [], associatedPrompts: [] };

/** The lists that were given. */
const choicesOf = ({ associatedTools, associatedResources, associatedPrompts }: Partial<ServerBody>) =>
  Object.fromEntries(
    Object.entries({ associatedTools, associatedResources, associatedPrompts }).filter(([, list]) => list),
  ) as Partial<Record<keyof typeof NOTHING, string[]>>;
