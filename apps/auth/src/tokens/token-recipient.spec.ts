import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import { inherited } from './token-recipient.js';

const callerWith = (...permissions: Principal['permissions']): Principal => ({
  id: 'ann@example.com',
  kind: 'user',
  isAdmin: false,
  teams: ['team'],
  permissions,
  serverId: null,
  tokenId: null,
});

describe('the permissions of a token that somebody makes for themselves', () => {
  it('a token has all that its user may when an unnarrowed caller names none', () => {
    expect(inherited(callerWith('tools.read', 'tokens.create'), { permissions: [] }, [])).toEqual([]);
  });

  it('a token has what its caller has when that is narrowed and names none', () => {
    expect(inherited(callerWith('tools.read'), { permissions: ['tools.read', 'tools.execute'] }, [])).toEqual([
      'tools.read',
    ]);
  });

  it('a token that would have more than its caller is refused when that holds its permissions in teams alone', () => {
    expect(() => inherited(callerWith(), { permissions: ['tools.read'] }, [])).toThrow('name the permissions');
  });

  it('a token is refused what its caller does not hold', () => {
    expect(() => inherited(callerWith('tools.read'), { permissions: ['tools.read'] }, ['tools.execute'])).toThrow(
      'tools.execute',
    );
  });
});
