import { Injectable } from '@nestjs/common';
import type { Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { acting } from '#libs/identity';
import { type Tagged, TagsRepository } from './tags.repository.js';
import { TAGGED_TYPES, type TagView, type TaggedEntityView, type TaggedType } from './tags.view.js';

const NEEDED: Readonly<Record<TaggedType, Permission>> = {
  tools: 'tools.read',
  resources: 'resources.read',
  prompts: 'prompts.read',
  servers: 'servers.read',
  gateways: 'gateways.read',
};

/** Of each kind; far more than anybody tags. */
const TAGGED_MAX = 10_000;

/** Tags of everything that the caller may list. */
@Injectable()
export class TagsService {
  constructor(private readonly repository: TagsRepository) {}

  /** By name. */
  async list(types: readonly TaggedType[], withEntities: boolean, principal: Principal): Promise<TagView[]> {
    const byTag = new Map<string, Tagged[]>();
    for (const tagged of await this.find(null, types, principal)) {
      for (const tag of tagged.tags) {
        const known = byTag.get(tag);
        if (known === undefined) byTag.set(tag, [tagged]);
        else known.push(tagged);
      }
    }
    return [...byTag.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, all]) => ({
        name,
        stats: statsOf(all),
        entities: withEntities ? all.map(({ entity }) => entity) : [],
      }));
  }

  async entitiesOf(tag: string, types: readonly TaggedType[], principal: Principal): Promise<TaggedEntityView[]> {
    return (await this.find(tag, types, principal)).map(({ entity }) => entity);
  }

  private async find(tag: string | null, types: readonly TaggedType[], principal: Principal): Promise<Tagged[]> {
    const found = await Promise.all(
      types.map(async (type) => {
        const as = acting(principal, [NEEDED[type]]);
        return as === null ? [] : this.repository.find(type, tag, as, TAGGED_MAX);
      }),
    );
    return found.flat();
  }
}

const statsOf = (all: readonly Tagged[]): TagView['stats'] => {
  const counts = TAGGED_TYPES.map((type) => [type, all.filter(({ of }) => of === type).length]);
  return { ...Object.fromEntries(counts), total: all.length } as TagView['stats'];
};
