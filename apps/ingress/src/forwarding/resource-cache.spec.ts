import { describe, expect, it } from 'vitest';
import { UpstreamConsentChanged } from '#contracts/auth/credential-revoked.event';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import type { Answer, Bus } from '#libs/bus';
import type { RoutedCall } from '../call/index.js';
import type { CallJournal } from './call-journal.js';
import { ResourceCache } from './resource-cache.js';

describe('ResourceCache', () => {
  it('ResourceCache forgets what was read at an upstream when a consent there is given or has ended', async () => {
    const heard = new Map<unknown, (payload: object) => void>();
    const bus = {
      instance: 'here',
      onReconnect: () => ({ close: () => {} }),
      subscribe: (contract: unknown, hear: (payload: object) => void) => {
        heard.set(contract, hear);
        return { close: () => {} };
      },
    };
    const journal = { answered: () => {} };
    const cache = new ResourceCache(bus as unknown as Bus, journal as unknown as CallJournal, {
      size: 10,
      ttlMsMax: 60_000,
    });
    const call = {
      catalog: { era: 'modern' },
      outgoing: { upstreamId: 'notes', target: 'note:1', principal: { id: 'ann', tokenId: null } },
    } as unknown as RoutedCall;
    let reads = 0;
    const read = async () => {
      reads++;
      const head = { kind: 'result', ttlMs: 60_000, cacheScope: 'private' };
      return { head, body: '{}', instance: 'there' } as unknown as Answer<CallAnswer>;
    };
    await cache.answer(call, read);
    await cache.answer(call, read);
    expect(reads).toBe(1);
    heard.get(UpstreamConsentChanged)?.({ upstreamId: 'others' });
    await cache.answer(call, read);
    expect(reads).toBe(1);
    heard.get(UpstreamConsentChanged)?.({ upstreamId: 'notes' });
    await cache.answer(call, read);
    expect(reads).toBe(2);
    cache.close();
  });
});
