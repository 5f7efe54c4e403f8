import { describe, expect, it } from 'vitest';
import type { Access } from '../../transport/channel.js';
import { accessOf } from '../access.js';
import { PassedAccesses, credentialVersionOf, passedVersionOf } from './passed-access.js';

const kept = accessOf({ headers: { Authorization: 'Bearer kept-secret', 'X-Key': 'kept-key' } }, 'v1');
const accesses = new PassedAccesses();

describe('PassedAccesses', () => {
  it('PassedAccesses gives those who send the same values the same access, and others another', () => {
    const one = accesses.with(kept, { 'x-tenant': 'one', 'x-region': 'eu' });
    expect(accesses.with(kept, { 'x-region': 'eu', 'x-tenant': 'one' })).toBe(one);
    const other = accesses.with(kept, { 'x-tenant': 'two', 'x-region': 'eu' });
    expect(new Set([kept.version, one.version, other.version]).size).toBe(3);
    expect(credentialVersionOf(one.version)).toBe('v1');
    expect(credentialVersionOf(kept.version)).toBe('v1');
    expect(passedVersionOf(one.version)).toMatch(/^[\w-]{22}$/);
    expect(passedVersionOf(kept.version)).toBe('');
    expect(one.version).not.toMatch(/ |one/);
    expect(new PassedAccesses().with(kept, { 'x-tenant': 'one', 'x-region': 'eu' }).version).not.toBe(one.version);
  });

  it('PassedAccesses remembers no more than a million characters of values', () => {
    const values = 'a'.repeat(16_000);
    const one = accesses.with(kept, { 'x-long': values });
    for (let other = 0; other < 61; other++) accesses.with(kept, { 'x-long': `${values}${other}` });
    expect(accesses.with(kept, { 'x-long': values })).toBe(one);
    for (let other = 0; other < 63; other++) accesses.with(kept, { 'x-long': `${values}${other} again` });
    const again = accesses.with(kept, { 'x-long': values });
    expect(again).not.toBe(one);
    expect(again.version).toBe(one.version);
  });

  it('PassedAccesses lets what is kept stand where a client sends the same header, but for Authorization', () => {
    expect(accesses.with(kept, { 'x-key': 'mine', 'x-tenant': 'one' }).headers).toEqual([
      'authorization',
      'Bearer kept-secret',
      'x-key',
      'kept-key',
      'x-tenant',
      'one',
    ]);
    expect(accesses.with(kept, { 'x-upstream-authorization': 'Bearer mine' }).headers).toEqual([
      'x-key',
      'kept-key',
      'authorization',
      'Bearer mine',
    ]);
  });

  it('PassedAccesses shows a renewed token with the headers, and renews none where the client brought its own', () => {
    const renewed = { ...kept, tokenId: 't1', renew: async () => true } as { -readonly [K in keyof Access]: Access[K] };
    const one = accesses.with(renewed, { 'x-tenant': 'one' });
    expect(one.headers).toContain('Bearer kept-secret');
    renewed.headers = ['authorization', 'Bearer new'];
    renewed.tokenId = 't2';
    expect(one.headers).toEqual(['authorization', 'Bearer new', 'x-tenant', 'one']);
    expect(one.tokenId).toBe('t2');
    const own = accesses.with(renewed, { 'x-upstream-authorization': 'Bearer mine' });
    expect([own.tokenId, own.renew]).toEqual([undefined, undefined]);
  });

  it('PassedAccesses takes secrets of clients out of what comes back, and leaves the rest', () => {
    const { redact } = accesses.with(kept, {
      'x-upstream-authorization': 'Bearer my-own-secret',
      'x-tenant': 'tenant-number-one',
    });
    expect(redact('{"a":"my-own-secret","b":"kept-secret","c":"tenant-number-one"}')).toBe(
      '{"a":"[redacted]","b":"[redacted]","c":"tenant-number-one"}',
    );
  });
});
