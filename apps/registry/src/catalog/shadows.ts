import type { AccessScope } from '#contracts/registry/catalog';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { type StoredEntry, isApp } from './stored-entry.js';

/** Who may come upon an entry. */
interface Audience {
  readonly scope: AccessScope;
  readonly era: StoredEntry['era'];
}

/**
 * Resources keep their URI, so two gateways may offer the same one (but for apps, see there): under "everything" the one that was registered
 * first stands for it. It gives way to nobody, but hides only from those who see it: a later one stays in the list,
 * after it, where some caller may see the later one alone.
 */
export const withoutShadowed = (
  entries: readonly StoredEntry[],
  gatewayOf: (id: string) => GatewayEntity | undefined,
): StoredEntry[] => {
  const first = new Map<string, Audience[]>();
  return entries.filter((entry) => {
    const scope = gatewayOf(entry.gatewayId);
    if (entry.exposedName !== null || scope === undefined || isApp(entry)) return true;
    const key = `${entry.kind} ${entry.originalName}`;
    const earlier = first.get(key) ?? [];
    if (earlier.some((other) => hidesFromAll(other, { scope, era: entry.era }))) return false;
    first.set(key, [...earlier, { scope, era: entry.era }]);
    return true;
  });
};

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
