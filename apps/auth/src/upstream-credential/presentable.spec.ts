import { describe, expect, it } from 'vitest';
import type { UpstreamCredential } from '#libs/contracts';
import { checkPresentable } from './presentable.js';

describe('what may be presented to an upstream', () => {
  it('is headers and variables as they are usual', () => {
    expect(() =>
      checkPresentable({
        headers: { Authorization: 'Bearer x', 'X-Api-Key': 'a, b; c' },
        env: { API_KEY: 'line\nline' },
      }),
    ).not.toThrow();
  });

  it.each<UpstreamCredential>([
    { headers: { 'X-Key': 'planted\r\nX-Evil: 1' } },
    { headers: { 'X Key': 'planted' } },
    { headers: { '': 'planted' } },
    { headers: { 'X-Key': 'plantéd\u0000' } },
    { headers: { Host: 'planted' } },
    { headers: { 'transfer-encoding': 'planted' } },
    { headers: { 'X-Key': 5 as unknown as string } },
    { env: { 'A=B': 'planted' } },
    { env: { A: 'planted\0' } },
    { env: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`V${n}`, 'planted'])) },
  ])('is not %j', (credential) => {
    let message = '';
    try {
      checkPresentable(credential);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('planted');
  });
});
