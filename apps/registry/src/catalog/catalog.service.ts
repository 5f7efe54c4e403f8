import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { EntityManager } from 'typeorm';
import type {
  Catalog,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
  CatalogUpstream,
  AccessScope,
} from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { withMembers } from '#libs/mcp';
import type { EntryEntity } from '../entries/entry.entity.js';
import { exposedDefinition, isAppUri, withAppLinks } from '../entries/exposed-definition.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { sessionScopeOf } from '../gateways/profile.js';
import { ListingService } from '../refresh/listing.service.js';
import { ServerService } from '../servers/server.service.js';
import { isObjectId } from '../storage/stored.entity.js';
import { Apps } from './apps.js';
import { CatalogRepository } from './catalog.repository.js';

const CATALOGS_MAX = 50;
const EVERYTHING: Catalog['server'] = {
  id: null,
  name: 'everything',
  description: null,
  visibility: 'public',
  teamId: null,
  ownerEmail: null,
};

/**
 * What an endpoint offers. A catalog is kept for as long as the revision in the database stays what it was when it was
 * read, so a replica that missed an announcement is still never wrong.
 */
@Injectable()
export class CatalogService {
  private readonly kept = new LRUCache<string, Catalog>({ max: CATALOGS_MAX });
  private readonly reading = new Map<string, Promise<Catalog>>();

  constructor(
    private readonly catalogs: CatalogRepository,
    private readonly servers: ServerService,
    private readonly listings: ListingService,
  ) {}

  /** Null: the endpoint of everything that is registered. Throws `registry.server_unknown`. */
  async describe(serverId: string | null): Promise<Catalog> {
    if (serverId !== null && !isObjectId(serverId)) throw fail('registry.server_unknown');
    const key = serverId ?? '';
    const revision = await this.catalogs.readRevision();
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.revision === revision) return kept;
    // Keyed with the revision: whoever asks after a change must not be given a reading that began before it.
    const question = `${key} ${revision}`;
    const underWay = this.reading.get(question);
    if (underWay !== undefined) return underWay;
    const reading = this.read(serverId).finally(() => this.reading.delete(question));
    this.reading.set(question, reading);
    const catalog = await reading;
    if (catalog.revision >= (this.kept.get(key)?.revision ?? 0)) this.kept.set(key, catalog);
    return catalog;
  }

  private read(serverId: string | null): Promise<Catalog> {
    return this.catalogs.inSnapshot(async (manager) => {
      const revision = await this.catalogs.readRevision(manager);
      if (serverId === null) {
        const gateways = await this.catalogs.readEnabledGateways(manager);
        const entries = withoutShadowed(await this.catalogs.readEnabledEntries(manager), gateways);
        return this.catalogOf(EVERYTHING, revision, gateways, entries, manager);
      }
      const { server, entries } = await this.servers.readShown(serverId, manager);
      const gateways = await this.catalogs.readGateways(new Set(entries.map(({ gatewayId }) => gatewayId)), manager);
      const { id, name, description, visibility, teamId, ownerEmail } = server;
      const shown = { id, name, description, visibility, teamId, ownerEmail };
      return this.catalogOf(shown, revision, gateways, entries, manager);
    });
  }

  private async catalogOf(
    server: Catalog['server'],
    revision: number,
    gateways: readonly GatewayEntity[],
    entries: readonly EntryEntity[],
    manager: EntityManager,
  ): Promise<Catalog> {
    const apps = new Apps(entries, gateways, await this.catalogs.readDisabledApps(manager));
    const upstreams = gateways.map((gateway) => ({ ...upstreamOf(gateway), listing: this.listings.of(gateway) }));
    return { server, revision, upstreams, ...listsOf(entries, upstreams, apps), linkedResources: apps.linked() };
  }
}

/**
 * Resources keep their URI, so two gateways may offer the same one (but for apps, see there): under "everything" the one that was registered
 * first stands for it. It gives way to nobody, but hides only from those who see it: a later one stays in the list,
 * after it, where some caller may see the later one alone.
 */
const withoutShadowed = (entries: readonly EntryEntity[], gateways: readonly GatewayEntity[]): EntryEntity[] => {
  const scopeOf = new Map<string, AccessScope>(gateways.map((gateway) => [gateway.id, gateway]));
  const first = new Map<string, Audience[]>();
  return entries.filter((entry) => {
    const scope = scopeOf.get(entry.gatewayId);
    if (entry.exposedName !== null || scope === undefined || isApp(entry)) return true;
    const key = `${entry.kind} ${entry.originalName}`;
    const earlier = first.get(key) ?? [];
    if (earlier.some((other) => hidesFromAll(other, { scope, era: entry.era }))) return false;
    first.set(key, [...earlier, { scope, era: entry.era }]);
    return true;
  });
};

const isApp = ({ kind, originalName }: EntryEntity): boolean => kind === 'resource' && isAppUri(originalName);

/** Who may come upon an entry. */
interface Audience {
  readonly scope: AccessScope;
  readonly era: EntryEntity['era'];
}

const hidesFromAll = (one: Audience, other: Audience): boolean =>
  (one.era === null || one.era === other.era) && isSeenWherever(one.scope, other.scope);

const isSeenWherever = (one: AccessScope, other: AccessScope): boolean => {
  switch (one.visibility) {
    case 'public':
      return true;
    case 'team':
      return other.visibility === 'team' && one.teamId === other.teamId;
    case 'private':
      return other.visibility === 'private' && one.ownerEmail === other.ownerEmail;
  }
};

const listsOf = (
  entries: readonly EntryEntity[],
  upstreams: readonly CatalogUpstream[],
  apps: Apps,
): Pick<Catalog, 'tools' | 'prompts' | 'resources' | 'resourceTemplates'> => {
  const upstreamById = new Map(upstreams.map((upstream) => [upstream.id, upstream]));
  const tools: CatalogTool[] = [];
  const prompts: CatalogPrompt[] = [];
  const resources: CatalogResource[] = [];
  const resourceTemplates: CatalogResourceTemplate[] = [];
  for (const entry of entries) {
    const upstream = upstreamById.get(entry.gatewayId);
    if (upstream === undefined) continue;
    const definition = exposedDefinition(entry);
    const known = { id: entry.id, upstreamId: upstream.id, definition, ...eraOf(entry), ...scopeOf(upstream) };
    const names = { name: entry.exposedName ?? entry.originalName, upstreamName: entry.originalName };
    if (entry.kind === 'tool') tools.push({ ...known, ...names, ...toolOf(entry, known, apps) });
    else if (entry.kind === 'prompt') prompts.push({ ...known, ...names });
    else if (entry.kind === 'resource') resources.push({ ...known, ...resourceOf(entry, known, apps) });
    else resourceTemplates.push({ ...known, uriTemplate: entry.originalName });
  }
  return { tools, prompts, resources, resourceTemplates };
};

type Definitions = Pick<CatalogTool, 'definition' | 'legacyDefinition'>;

/** For whom an entry is, and what is different of it to clients before 2026-07-28. */
const eraOf = (entry: EntryEntity): Pick<CatalogTool, 'era' | 'legacyDefinition'> => {
  const { era, legacyDefinition, originalName, exposedName, descriptionOverride } = entry;
  const names = { originalName, exposedName, descriptionOverride };
  return {
    ...(era !== null && { era }),
    ...(legacyDefinition !== null && {
      legacyDefinition: exposedDefinition({ ...names, definition: legacyDefinition }),
    }),
  };
};

const edited = ({ definition, legacyDefinition }: Definitions, edit: (text: string) => string): Definitions => ({
  definition: edit(definition),
  ...(legacyDefinition !== undefined && { legacyDefinition: edit(legacyDefinition) }),
});

const toolOf = ({ gatewayId, headerParams, taskAfterMs }: EntryEntity, known: Definitions, apps: Apps) => ({
  ...edited(known, (text) => withAppLinks(text, (uri) => apps.uriOf(gatewayId, uri))),
  headerParams,
  ...(taskAfterMs !== null && { taskAfterMs }),
});

const resourceOf = ({ gatewayId, originalName: upstreamUri }: EntryEntity, known: Definitions, apps: Apps) => {
  const uri = apps.uriOf(gatewayId, upstreamUri);
  if (uri === upstreamUri) return { uri };
  return { uri, upstreamUri, ...edited(known, (text) => withMembers(text, { uri: JSON.stringify(uri) })) };
};

const upstreamOf = (gateway: GatewayEntity): CatalogUpstream => ({
  id: gateway.id,
  name: gateway.name,
  slug: gateway.slug,
  sessionScope: sessionScopeOf(gateway),
  ...(gateway.timeoutMs !== null && { timeoutMs: gateway.timeoutMs }),
  capabilities: gateway.capabilities,
  instructions: gateway.instructions,
  ...(gateway.legacy !== null && {
    legacy: { capabilities: gateway.legacy.capabilities, instructions: gateway.legacy.instructions },
  }),
  ...scopeOf(gateway),
});

const scopeOf = ({ visibility, teamId, ownerEmail }: AccessScope): AccessScope => ({ visibility, teamId, ownerEmail });
