import { Injectable } from '@nestjs/common';
import { DataSource, type EntityTarget, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { InjectDatabase } from '#libs/storage';
import { selectEntries } from '../../entries/entry.entity.js';
import { exposedDefinition } from '../../entries/exposed-definition.js';
import { GatewayEntity } from '../../gateways/gateway.entity.js';
import { ServerEntity } from '../../servers/server.entity.js';
import type { EntryKind } from '../../storage/entry-kind.js';
import type { OwnedEntity } from '../../storage/owned.entity.js';
import { onlySeenBy } from '../../storage/page.js';
import type { TaggedEntityView, TaggedType } from './tags.view.js';

export interface Tagged {
  readonly of: TaggedType;
  readonly tags: readonly string[];
  readonly entity: TaggedEntityView;
}

const KINDS = {
  tools: ['tool'],
  prompts: ['prompt'],
  resources: ['resource', 'template'],
} as const satisfies Partial<Record<TaggedType, readonly EntryKind[]>>;

/** What has tags and is enabled, as far as the caller may see it. */
@Injectable()
export class TagsRepository {
  constructor(@InjectDatabase('registry') private readonly database: DataSource) {}

  /** `tag`: only what has it; null: whatever has one. At most `limit`, in the order in which they were made. */
  async find(of: TaggedType, tag: string | null, principal: Principal, limit: number): Promise<Tagged[]> {
    if (of !== 'servers' && of !== 'gateways') return this.entries(of, tag, principal, limit);
    const type = of === 'servers' ? 'server' : 'gateway';
    const query = of === 'servers' ? this.owned(ServerEntity, tag, principal) : this.gateways(tag, principal);
    const rows: OwnedEntity[] = await query.limit(limit).getMany();
    return rows.map(({ id, name, tags, description }) => ({ of, tags, entity: { id, name, type, description } }));
  }

  private async entries(
    of: keyof typeof KINDS,
    tag: string | null,
    principal: Principal,
    limit: number,
  ): Promise<Tagged[]> {
    const query = selectEntries(this.database.manager)
      .where('entry.enabled AND gateway.enabled')
      .andWhere('entry.kind = ANY(:kinds)', { kinds: KINDS[of] })
      .andWhere(...condition('entry', tag));
    const rows = await onlySeenBy(query, 'gateway', principal).orderBy('entry.ordinal').limit(limit).getMany();
    return rows.map((entry) => {
      const { id, kind, tags, originalName, exposedName } = entry;
      const { description = null } = JSON.parse(exposedDefinition(entry)) as { description?: string };
      const type = kind === 'template' ? 'resource' : kind;
      return { of, tags, entity: { id, name: exposedName ?? originalName, type, description } };
    });
  }

  /** What is described by hand is one thing, which is there as what it is. */
  private gateways(tag: string | null, principal: Principal): SelectQueryBuilder<GatewayEntity> {
    return this.owned(GatewayEntity, tag, principal).andWhere('owned.transport NOT IN (:...byHand)', {
      byHand: ['REST', 'OWN'],
    });
  }

  private owned<Owned extends OwnedEntity>(
    of: EntityTarget<Owned>,
    tag: string | null,
    principal: Principal,
  ): SelectQueryBuilder<Owned> {
    const query = this.database.manager
      .createQueryBuilder(of, 'owned')
      .where('owned.enabled')
      .andWhere(...condition('owned', tag));
    return onlySeenBy(query, 'owned', principal).orderBy('owned.ordinal');
  }
}

const condition = (alias: string, tag: string | null): [string, ObjectLiteral] =>
  tag === null ? [`cardinality(${alias}.tags) > 0`, {}] : [`${alias}.tags @> :wanted`, { wanted: [tag] }];
