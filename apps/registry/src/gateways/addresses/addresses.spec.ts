import { describe, expect, it } from 'vitest';
import { A2aDiscoveryService } from '../described/a2a-discovery.service.js';
import type { UpdateGatewayBody } from '../gateway.body.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { addressesFrom, reachesElsewhere } from './addresses.js';

const ORIGIN = 'https://one.example';
const before = { url: `${ORIGIN}/mcp?x=y`, addresses: [{ url: `${ORIGIN}/second`, priority: 1, weight: 1 }] };

describe('reachesElsewhere', () => {
  it.each([
    ['the same path', `${ORIGIN}/mcp`, false, false],
    ['the path of an address that was there', `${ORIGIN}/second`, false, false],
    ['another path of the origin', `${ORIGIN}/tenant-b/mcp`, false, true],
    ['another origin', 'https://other.example/mcp', true, true],
  ])(
    'reachesElsewhere tells a key and a token apart when there is an address with %s',
    (_what, url, ofKey, ofToken) => {
      expect([reachesElsewhere(before, [{ url }]), reachesElsewhere(before, [{ url }], true)]).toEqual([
        ofKey,
        ofToken,
      ]);
    },
  );
});

describe('addressesFrom', () => {
  it.each(['?x=y', '?', '#x', '#'])(
    'addressesFrom refuses an address of an HTTP API when no path can stand behind it: %s',
    (behind) => {
      const from = (url: string) => addressesFrom({ url: ORIGIN, transport: 'OPENAPI', given: [{ url }], known: [] });
      expect(from('https://two.example/v1')).toMatchObject([{ url: 'https://two.example/v1' }]);
      expect(() => from(`https://two.example/v1${behind}`)).toThrow();
    },
  );
});

describe('A2aDiscoveryService', () => {
  it.each([
    ['bearer', false],
    ['oauth', true],
  ])(
    'A2aDiscoveryService sees where an agent with %s moves when its endpoint has another path',
    (authType, isMoved) => {
      const gateway = { url: `${ORIGIN}/card`, a2aSource: { endpoint: `${ORIGIN}/a` }, credentialShape: { authType } };
      const moves = (endpoint: string) =>
        new A2aDiscoveryService({} as never).sendsElsewhere(
          gateway as unknown as GatewayEntity,
          { a2a: { endpoint } } as UpdateGatewayBody,
        );
      expect([moves(`${ORIGIN}/a`), moves(`${ORIGIN}/b`), moves('https://other.example/a')]).toEqual([
        false,
        isMoved,
        true,
      ]);
    },
  );
});
