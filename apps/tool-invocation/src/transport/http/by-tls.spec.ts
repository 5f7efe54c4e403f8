import { describe, expect, it } from 'vitest';
import { ByTls } from './by-tls.js';

describe('ByTls', () => {
  it('ByTls opens one for each of the certificates, and closes the oldest when there are many', async () => {
    const closed: string[] = [];
    const lines = new ByTls((tls) => ({ id: tls?.id, close: async () => void closed.push(tls?.id ?? 'none') }));
    expect(lines.of(undefined)).toBe(lines.of(undefined));
    expect(lines.of({ id: 'one' })).toBe(lines.of({ id: 'one' }));
    expect(lines.of({ id: 'one' })).not.toBe(lines.of(undefined));
    for (const id of ['two', 'three', 'four']) expect(lines.of({ id }).id).toBe(id);
    expect(closed).toEqual(['none']);
    await lines.close();
    expect(closed.toSorted()).toEqual(['four', 'none', 'one', 'three', 'two']);
  });
});
