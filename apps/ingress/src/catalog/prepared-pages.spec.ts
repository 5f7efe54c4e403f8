import { describe, expect, it } from 'vitest';
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
});
