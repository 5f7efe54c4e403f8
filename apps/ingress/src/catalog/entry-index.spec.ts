import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import type { CatalogTool } from '#contracts/registry/catalog';
import { canView } from '#libs/identity';
import { EntryIndex } from './entry-index.js';

const TEAMS = 1_000;
const TOOLS_PER_TEAM = 10;

const userOf = (more: Partial<Principal> = {}): Principal => ({
  id: 'user7@example.com',
  kind: 'user',
  isAdmin: false,
  teams: ['team7', 'team8', 'team7'],
  permissions: ['*'],
  serverId: null,
  tokenId: null,
  ...more,
});

/** Every fourth is for everybody, every fourth private, the others are a team's. */
const toolOf = (order: number, version = 1): CatalogTool => {
  const team = Math.floor(order / TOOLS_PER_TEAM);
  const visibility = order % 4 === 0 ? 'public' : order % 4 === 1 ? 'private' : 'team';
  return {
    id: `id${order}`,
    upstreamId: `u${team}`,
    name: `tool${order}`,
    upstreamName: `tool${order}`,
    definition: `{"name":"tool${order}","title":"${version}"}`,
    headerParams: [],
    visibility,
    teamId: visibility === 'private' ? null : `team${team}`,
    ownerEmail: visibility === 'private' ? `user${team}@example.com` : null,
    order,
  };
};

const CALLERS: readonly (readonly [string, Principal])[] = [
  ['is of two teams', userOf()],
  ['is of no team', userOf({ teams: [] })],
  ['is nobody that is known', userOf({ kind: 'anonymous', id: 'anonymous', teams: [] })],
  ['administers', userOf({ teams: null })],
  ['acts for one team alone', userOf({ confinedTo: ['team7'] })],
];

describe('EntryIndex', () => {
  it.each(CALLERS)(
    'EntryIndex finds all that a caller may view, in order, after whatever changed, when the caller %s',
    (_is, caller) => {
      let entries = Array.from({ length: 200 }, (_, order) => toolOf(order));
      const index = new EntryIndex(() => entries);
      const seen = () => index.among(caller).filter((entry) => canView(caller, entry));
      const expected = () => entries.filter((entry) => canView(caller, entry));
      expect(seen()).toEqual(expected());
      for (const order of [70, 71, 72, 73, 80, 0, 199]) {
        const [before] = entries.filter((entry) => entry.order === order);
        const others = entries.filter((entry) => entry.order !== order);
        index.follow(before === undefined ? [] : [before], []);
        entries = others;
        expect(seen()).toEqual(expected());
        const after = { ...toolOf(order, 2), ...(order === 72 && { visibility: 'public' as const }) };
        index.follow([], [after]);
        entries = [...others, after].sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
        expect(seen()).toEqual(expected());
      }
    },
  );

  it('EntryIndex looks at what is for the caller alone when there are a thousand teams', () => {
    let reads = 0;
    const counted = (tool: CatalogTool): CatalogTool =>
      new Proxy(tool, { get: (target, key) => (reads++, target[key as keyof CatalogTool]) });
    const entries = Array.from({ length: TEAMS * TOOLS_PER_TEAM }, (_, order) =>
      counted({ ...toolOf(order), visibility: 'team', teamId: `team${Math.floor(order / TOOLS_PER_TEAM)}` }),
    );
    const index = new EntryIndex(() => entries);
    index.among(userOf());
    reads = 0;
    expect(index.among(userOf())).toHaveLength(2 * TOOLS_PER_TEAM);
    expect(reads).toBeLessThan(500);
  });

  it('EntryIndex leaves entries in the order they have when they do not say one', () => {
    const entries = [3, 1, 2].map((order) => {
      const { order: _, ...tool } = toolOf(order * 4);
      return tool;
    });
    expect(new EntryIndex(() => entries).among(userOf())).toEqual(entries);
  });
});
