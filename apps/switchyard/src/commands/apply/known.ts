import type { Rest } from '../../gateway/rest.js';
import { nameOf } from '../import/contextforge/parts.js';
import { type Members, isMembers } from '../import/members.js';
import type { ApplyType } from './members-known.js';
import { keyOf } from './read-folder.js';

/** Something that the gateway has. */
export interface KnownEntry {
  readonly type: ApplyType;
  readonly name: string;
  /** Where REST has it. */
  readonly path: string;
  readonly tags: readonly string[];
  /** In the form of the files, without secrets; null where that has no place for it. */
  readonly exported: Members | null;
}

interface View {
  readonly id: string;
  readonly name: string;
  readonly transport?: string;
  readonly tags: readonly string[];
}

interface Export {
  readonly entities: Readonly<Partial<Record<string, readonly unknown[]>>>;
}

const ALL = { include_inactive: true, limit: 0 };

/** All that the caller sees of what can be applied, by `keyOf`. */
export const readKnown = async (rest: Rest): Promise<ReadonlyMap<string, KnownEntry>> => {
  const [gateways, servers, { entities }] = await Promise.all([
    rest.get<readonly View[]>('/v1/gateways', ALL),
    rest.get<readonly View[]>('/v1/servers', ALL),
    rest.get<Export>('/v1/export', { include_inactive: true }),
  ]);
  const exported = new Map(
    Object.entries(entities).flatMap(([type, list = []]) =>
      list.filter(isMembers).map((entry) => [keyOf({ type, name: nameOf(type, entry) }), entry] as const),
    ),
  );
  const known = [
    ...gateways.map((view) => ({ ...placeOf(view), path: `/v1/gateways/${view.id}`, tags: view.tags })),
    ...servers.map(({ id, name, tags }) => ({ type: 'servers' as const, name, path: `/v1/servers/${id}`, tags })),
  ];
  return new Map(known.map((entry) => [keyOf(entry), { ...entry, exported: exported.get(keyOf(entry)) ?? null }]));
};

/** What is described by hand, or kept here, is a gateway of its own; of the latter its name begins with what it is. */
const placeOf = ({ name, transport }: View): Pick<KnownEntry, 'type' | 'name'> => {
  if (transport === 'REST') return { type: 'tools', name };
  if (transport !== 'OWN') return { type: 'gateways', name };
  const [kind = ''] = name.split(' ', 1);
  return { type: kind === 'prompt' ? 'prompts' : 'resources', name: name.slice(kind.length + 1) };
};
