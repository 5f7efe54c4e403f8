import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import { TimelineService } from './timeline.service.js';

describe('the timeline of a gateway', () => {
  const gateway = { ownerEmail: 'ann@example.com', visibility: 'team', teamId: 'home', transport: 'STDIO' };
  const states = [{ at: new Date(0), state: 'unreachable', reason: 'the process ended' }];
  const program = [{ at: '2026-07-28T09:00:00.000Z', kind: 'wrote', text: 'ready' }];
  const timelines = new TimelineService(
    { query: async () => states } as never,
    { findViewable: async () => gateway } as never,
    { of: () => program } as never,
  );
  const bob: Principal = {
    id: 'bob@example.com',
    kind: 'user',
    isAdmin: false,
    teams: ['home'],
    permissions: ['gateways.read', 'gateways.update'],
    serverId: null,
    tokenId: null,
  };
  const all = { states, program };
  const bare = { states: [{ at: new Date(0), state: 'unreachable' }] };
  const viewer: Principal = { ...bob, permissions: ['gateways.read'] };

  it.each<[string, Principal, object]>([
    ['a member of its team who may change gateways', bob, all],
    ['a viewer of its team', viewer, bare],
    ['its owner by a token that only reads', { ...viewer, id: 'ann@example.com' }, bare],
    [
      'somebody who changes gateways by a role in its team',
      { ...viewer, teamPermissions: { home: ['gateways.update'] } },
      all,
    ],
    ['somebody who does so in another team', { ...viewer, teamPermissions: { away: ['gateways.update'] } }, bare],
  ])(
    'the timeline of a gateway tells reasons and lines to those who may change it alone when %s asks',
    async (...[, who, told]) => {
      expect(await timelines.describe('g', who)).toEqual(told);
    },
  );
});
