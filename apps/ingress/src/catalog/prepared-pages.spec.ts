import { describe, expect, it } from 'vitest';
import type { CompressedStart } from '#libs/service';
import { type PreparedPage, PreparedPages } from './prepared-pages.js';

const pageOf = (length: number): PreparedPage => ({ texts: ['', 'x'.repeat(length), ''], next: null });

describe('prepared pages', () => {
  it('a prepared page is made once while there is room for it', () => {
    const shelf = new PreparedPages(100).shelf();
    const page = shelf.of('tools', () => pageOf(50));
    expect(shelf.of('tools', () => pageOf(50))).toBe(page);
  });

  it('prepared pages of all views together stay within their limit when each has long lists', () => {
    const pages = new PreparedPages(100);
    const [one, other] = [pages.shelf(), pages.shelf()];
    const first = one.of('tools', () => pageOf(60));
    other.of('tools', () => pageOf(60));
    expect(pages.chars).toBeLessThanOrEqual(100);
    expect(one.of('tools', () => pageOf(60))).not.toBe(first);
  });

  it('a page that is longer than the limit is made each time, and drives out nothing', () => {
    const pages = new PreparedPages(100);
    const shelf = pages.shelf();
    const small = shelf.of('prompts', () => pageOf(10));
    const large = shelf.of('tools', () => pageOf(1_000));
    expect(shelf.of('tools', () => pageOf(1_000))).not.toBe(large);
    expect(shelf.of('prompts', () => pageOf(10))).toBe(small);
  });

  it('prepared pages take no room any more when their view is gone, and those of others stay', () => {
    const pages = new PreparedPages(100);
    const [gone, other] = [pages.shelf(), pages.shelf()];
    gone.of('tools', () => pageOf(40));
    const kept = other.of('tools', () => pageOf(40));
    gone.clear();
    expect(pages.chars).toBeLessThan(50);
    expect(other.of('tools', () => pageOf(40))).toBe(kept);
  });

  const startOf = (length: number): CompressedStart => {
    const bytes = Buffer.alloc(length);
    return { bytes, endedWith: (end) => [bytes, end] };
  };

  it('a prepared page is compressed once for each coding when several ask at once', async () => {
    const pages = new PreparedPages(100, 100);
    const shelf = pages.shelf();
    let made = 0;
    const make = async () => startOf(30 + made++);
    const [one, other] = await Promise.all([
      shelf.compressed('tools', 'gzip', make),
      shelf.compressed('tools', 'gzip', make),
    ]);
    expect(one).toBe(other);
    expect(shelf.compressed('tools', 'gzip', make)).toBe(one);
    await shelf.compressed('tools', 'br', make);
    expect([made, pages.compressedBytes]).toEqual([2, 30 + 31 + 2]);
  });

  it('prepared pages take no room compressed when their view is gone, also when that was while they were compressed', async () => {
    const pages = new PreparedPages(100, 100);
    const [gone, other] = [pages.shelf(), pages.shelf()];
    await gone.compressed('tools', 'gzip', async () => startOf(40));
    const { promise, resolve } = Promise.withResolvers<CompressedStart>();
    const late = gone.compressed('tools', 'br', () => promise);
    const kept = await other.compressed('tools', 'gzip', async () => startOf(40));
    gone.clear();
    resolve(startOf(20));
    await late;
    expect(pages.compressedBytes).toBe(41);
    expect(other.compressed('tools', 'gzip', () => null)).toBe(kept);
  });

  it('a page is compressed anew when that has failed or could not be begun before', async () => {
    const shelf = new PreparedPages(100, 100).shelf();
    expect(shelf.compressed('tools', 'gzip', () => null)).toBeNull();
    await expect(shelf.compressed('tools', 'gzip', () => Promise.reject(new Error('no memory')))).rejects.toThrow(
      'no memory',
    );
    const start = startOf(10);
    expect(await shelf.compressed('tools', 'gzip', async () => start)).toBe(start);
  });

  it('compressed pages of all views together stay within their limit when each has long lists', async () => {
    const pages = new PreparedPages(100, 100);
    for (let n = 0; n < 5; n++) await pages.shelf().compressed('tools', 'gzip', async () => startOf(60));
    expect(pages.compressedBytes).toBeLessThanOrEqual(100);
  });
});
