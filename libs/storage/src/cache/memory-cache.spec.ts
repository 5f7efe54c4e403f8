import { expect, it } from 'vitest';
import { MemoryCache } from './memory-cache.js';

it('MemoryCache forgets what was used least recently when it is full', async () => {
  const cache = new MemoryCache({ entriesMax: 3 });
  for (const key of ['a', 'b', 'c']) await cache.set(key, key, 10_000);
  await cache.get('a');
  await cache.set('d', 'd', 10_000);
  expect(await cache.get('b')).toBeNull();
  expect(await cache.get('a')).toBe('a');
});

it('MemoryCache stays within its bytes, lists included, and takes no entry that alone exceeds them', async () => {
  const cache = new MemoryCache({ bytesMax: 10_000 });
  for (let n = 0; n < 100; n++) await cache.set(`key-${n}`, 'x'.repeat(500), 10_000);
  const kept = await Promise.all(Array.from({ length: 100 }, (_, n) => cache.get(`key-${n}`)));
  expect(kept.filter((value) => value !== null).length).toBeLessThan(20);

  for (let n = 0; n < 100; n++) await cache.append('list', ['x'.repeat(50)], { lengthMax: 1_000, ttlMs: 10_000 });
  const { entries } = await cache.readSince('list', 0);
  expect(entries.length).toBeLessThan(100);
});
