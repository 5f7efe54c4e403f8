import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '#contracts/audit-event';
import { type AuditRecord, GENESIS, chained, faultAfter, faultOf } from './chain.js';

const event = (id: string): AuditEvent => ({
  id,
  at: '2026-07-28T10:00:00.000Z',
  action: 'gateway.changed',
  resourceType: 'gateway',
  resourceId: 'g1',
  resourceName: 'weather',
  actor: { kind: 'user', id: 'ann@example.org' },
  before: { enabled: true, '2': 'two' },
  after: { enabled: false },
});

const first = chained(GENESIS, 'registry', event('a'));
const second = chained(first, 'auth', event('b'));

describe('the chain of the audit trail', () => {
  it('the chain holds when each record comes after the one before', () => {
    expect([faultAfter(GENESIS, first), faultAfter(first, second)]).toEqual([null, null]);
    expect(second.previous).toBe(first.hash);
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<AuditRecord>]>([
    ['who acted', { actor: JSON.stringify({ kind: 'user', id: 'bob@example.org' }) }],
    ['what happened', { details: '{}' }],
    ['when it happened', { at: '2026-07-28T10:00:00.001Z' }],
    ['the action', { action: 'gateway.created' }],
    ['the service', { source: 'auth' }],
    ['the digest of a part', { actorDigest: second.actorDigest }],
    ['the id', { eventId: 'c' }],
    ['the salt', { detailsSalt: '00' }],
  ])('the chain is broken when %s is another', (_what, other) => {
    expect(faultOf({ ...first, ...other })).not.toBeNull();
  });

  it('the chain is broken when a record is missing, exchanged or written anew', () => {
    expect(faultAfter(GENESIS, second)).toContain('missing');
    const instead = chained(GENESIS, 'registry', { ...event('a'), action: 'gateway.created' });
    expect(faultOf(instead)).toBeNull();
    expect(faultAfter(instead, second)).toContain('exchanged');
  });

  it('the chain holds when what names a person is erased', () => {
    const erased = { ...first, actor: null, actorSalt: null, details: null, detailsSalt: null };
    expect(faultAfter(GENESIS, erased)).toBeNull();
    expect(JSON.stringify(erased)).not.toContain('ann@');
  });

  it('the chain tells nobody what was erased when the same is written twice', () => {
    const again = chained(first, 'registry', event('a'));
    expect([again.actorDigest, again.detailsDigest]).not.toEqual([first.actorDigest, first.detailsDigest]);
  });
});
