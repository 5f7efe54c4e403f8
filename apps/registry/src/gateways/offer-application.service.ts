import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EntryEntity } from '../entries/entry.entity.js';
import { EntryRepository } from '../entries/entry.repository.js';
import type { GatewayEntity } from './gateway.entity.js';
import { GatewayRepository } from './gateway.repository.js';
import { ServerRepository } from '../servers/server.repository.js';
import type { Change } from '../changes/catalog-changes.service.js';
import { Collisions } from '../entries/name-conflict.service.js';
import { type Difference, differenceBetween } from '../entries/difference.js';
import { type Discovery, findingsOf } from './findings.js';
import { newEntryRows } from '../entries/entry-rows.js';
import { exposedNameOf, prefixOf } from '../entries/naming.js';
import { type OfferedEntry, type RefusedEntry, readOffer, refusalOf } from './discovery-result.js';

type Applied = Difference<EntryEntity> & { readonly refused: readonly RefusedEntry[] };

/** Brings what is stored of a gateway to what its upstream offers now. */
@Injectable()
export class OfferApplicationService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: EntryRepository,
    private readonly servers: ServerRepository,
    private readonly collisions: Collisions,
  ) {}

  async apply(gateway: GatewayEntity, discovery: Discovery, manager: EntityManager, change: Change): Promise<Applied> {
    const prefix = prefixOf(gateway);
    const offer = readOffer(discovery.discovered, prefix);
    const known = await this.entries.findByGateway(gateway.id, manager);
    const { added: wanted, updated, removed } = differenceBetween(known, offer.entries);
    const gone = new Set(removed);
    const staying = known.filter((entry) => !gone.has(entry));
    const { added, refused } = await this.withoutCollisions(gateway.id, prefix, wanted, staying, manager);
    const now = new Date();

    const changedIds = [...removed, ...updated.map((pair) => pair.known)].map(({ id }) => id);
    if (changedIds.length > 0) change.touchServers(await this.servers.findIdsByEntries(changedIds, manager));
    await this.entries.delete(
      removed.map(({ id }) => id),
      manager,
    );
    for (const { known: entry, offered } of updated) {
      const { definition, headerParams } = offered;
      await this.entries.update(entry.id, { definition, headerParams: [...headerParams], updatedAt: now }, manager);
    }
    await this.entries.insert(newEntryRows(gateway.id, prefix, added, now), manager);

    const findings = findingsOf(discovery);
    const allRefused = [...offer.refused, ...refused];
    await this.gateways.update(gateway.id, { ...findings, refused: allRefused }, manager);
    change.touchKinds([...added, ...removed, ...updated.map((pair) => pair.known)].map(({ kind }) => kind));
    if (describesItselfAnew(gateway, findings)) change.touchAllLists();
    if (change.lists.size > 0) change.upstreamIds.add(gateway.id);
    return { added, updated, removed, refused: allRefused };
  }

  /** A name that is taken leaves its entry out: what stood first keeps the name. */
  private async withoutCollisions(
    gatewayId: string,
    prefix: string,
    wanted: readonly OfferedEntry[],
    staying: readonly EntryEntity[],
    manager: EntityManager,
  ): Promise<{ added: OfferedEntry[]; refused: RefusedEntry[] }> {
    const taken = new Set(staying.map(({ kind, exposedName }) => `${kind} ${exposedName}`));
    const claims = wanted.map((entry) => ({
      ...entry,
      exposedName: exposedNameOf(entry.kind, prefix, entry.originalName),
    }));
    for (const { claim } of await this.collisions.find(claims, gatewayId, manager))
      taken.add(`${claim.kind} ${claim.exposedName}`);
    const added: OfferedEntry[] = [];
    const refused: RefusedEntry[] = [];
    for (const { exposedName, ...entry } of claims) {
      if (exposedName === null || !taken.has(`${entry.kind} ${exposedName}`)) added.push(entry);
      else refused.push(refusalOf(entry, `the name "${exposedName}" is taken`));
    }
    return { added, refused };
  }
}

type Description = Pick<GatewayEntity, 'capabilities' | 'instructions' | 'hints'>;

const describesItselfAnew = (before: Description, now: Description): boolean =>
  before.instructions !== now.instructions ||
  JSON.stringify(before.capabilities) !== JSON.stringify(now.capabilities) ||
  scopesOf(before) !== scopesOf(now);

/** A list that is private from now on may not go on being told as public; how long it is good is asked for anew anyway. */
const scopesOf = ({ hints }: Description): string =>
  Object.entries(hints)
    .map(([listing, { cacheScope }]) => `${listing} ${cacheScope}`)
    .sort()
    .join();
