import { describe, expect, it } from 'vitest';
import { GRANTS, type Grant, PERMISSIONS, type Permission, isGrant } from './permission.js';

describe('permissions', () => {
  it('the type of a permission refuses a misspelt name when the gateway is compiled', () => {
    const right: Permission = 'tools.read';
    // @ts-expect-error no such permission
    const misspelt: Permission = 'tools.raed';
    // @ts-expect-error a wildcard is granted, never required
    const wildcard: Permission = 'tools.*';
    // @ts-expect-error no such category
    const category: Grant = 'tolls.*';

    expect([right, misspelt, wildcard, category].map(isGrant)).toEqual([true, false, true, false]);
  });

  it('isGrant knows every permission and every wildcard when it is asked by text', () => {
    for (const name of GRANTS) expect(isGrant(name), name).toBe(true);
    for (const name of PERMISSIONS) expect(isGrant(`${name.slice(0, name.indexOf('.'))}.*`), name).toBe(true);
  });

  it.each(['', ' tools.read', 'Tools.Read', 'tools', 'tools.', '.*', 'tools:read', 'toString', 7, null, undefined])(
    'isGrant refuses %j, which is no permission',
    (name) => {
      expect(isGrant(name)).toBe(false);
    },
  );
});
