import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import type { Bus } from '#libs/bus';
import { parseConfig } from '#libs/config';
import { authOptions } from '../auth.config.js';
import { settingsOf } from '../auth.settings.js';
import type { Tenures } from '../policy/tenure.js';
import type { RoleChange, RoleRepository } from './role.repository.js';
import { RoleService } from './role.service.js';

const caller: Principal = {
  id: 'admin@example.com',
  kind: 'user',
  isAdmin: true,
  teams: null,
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

/** With one role in the rows. */
const given = (role: { readonly name: string; readonly scope: 'global' | 'team' }) => {
  const changes: RoleChange[] = [];
  const rows = {
    find: async () => ({ role: { ...role, isSystemRole: false }, permissions: [] }),
    change: async (_id: string, change: RoleChange) => {
      changes.push(change);
      return null;
    },
  } as unknown as RoleRepository;
  const bus = { publish: () => {}, flush: async () => {} } as unknown as Bus;
  const settings = settingsOf(parseConfig(authOptions, { DEFAULT_ROLE: 'everybody' }));
  const tenures = { of: async () => ({ checkOutlasts: () => {} }) } as unknown as Tenures;
  return { roles: new RoleService(rows, tenures, settings, bus), changes };
};

describe('RoleService', () => {
  it('RoleService refuses a new name for the role that every user has, and takes all else', async () => {
    const { roles, changes } = given({ name: 'everybody', scope: 'global' });
    await expect(roles.change(caller, 'id', { name: 'nobody' })).rejects.toMatchObject({
      code: 'http.conflict',
      message: 'Every user has this role: DEFAULT_ROLE names it',
    });
    await roles.change(caller, 'id', { name: 'everybody', description: 'All of us' });
    expect(changes).toEqual([{ name: 'everybody', description: 'All of us' }]);
  });

  it.each([
    { name: 'everybody', scope: 'team' },
    { name: 'others', scope: 'global' },
  ] as const)('RoleService takes a new name for the $scope role $name', async (role) => {
    const { roles, changes } = given(role);
    await roles.change(caller, 'id', { name: 'nobody' });
    expect(changes).toEqual([{ name: 'nobody' }]);
  });
});
