import { describe, expect, it } from 'vitest';
import type { Grant } from '#contracts/auth/permission';
import { ORDINARY_PERMISSIONS, narrow } from './grants.js';

describe('narrow', () => {
  it.each<[string, readonly Grant[], readonly string[], readonly Grant[]]>([
    ['no wish', ['tools.read'], [], ['tools.read']],
    ['a part', ['tools.read', 'tools.execute'], ['tools.read'], ['tools.read']],
    ['more than there is', ['tools.read'], ['tools.read', 'prompts.read'], ['tools.read']],
    ['nothing of what there is', ['tools.read'], ['prompts.read'], []],
    ['everything', ['tools.read', 'prompts.read'], ['*'], ['tools.read', 'prompts.read']],
    ['a category', ['tools.read', 'tools.execute', 'prompts.read'], ['tools.*'], ['tools.read', 'tools.execute']],
    ['of everything', ['*'], ['tools.read', 'prompts.*'], ['tools.read', 'prompts.*']],
    ['of a category', ['tools.*'], ['tools.read', 'prompts.read'], ['tools.read']],
    ['colons, capitals, blanks', ['tools.read'], ['tools:read', 'TOOLS.READ', ' tools.read', 'tools:*'], []],
    ['names that nobody knows', ['*'], ['tools.raed', 'a.*', ''], []],
  ])('narrow: %s', (_case, granted, wanted, left) => {
    expect(narrow(granted, wanted)).toEqual(left);
  });

  it('narrow never widens what every user has', () => {
    expect(narrow(ORDINARY_PERMISSIONS, ['gateways.create', 'admin.*', 'gateways.*'])).toEqual(['gateways.read']);
  });
});
