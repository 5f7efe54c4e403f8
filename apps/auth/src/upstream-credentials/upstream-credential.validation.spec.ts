import { describe, expect, it } from 'vitest';
import type { UpstreamCredential } from '#libs/contracts';
import { validateUpstreamCredential } from './upstream-credential.validation.js';

describe('validateUpstreamCredential', () => {
  it('validateUpstreamCredential accepts headers and variables when they are as usual', () => {
    expect(() =>
      validateUpstreamCredential({
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
    { env: { NODE_OPTIONS: 'planted' } },
    { headers: { 'Mcp-Session-Id': 'planted' } },
    { env: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`V${n}`, 'planted'])) },
  ])('validateUpstreamCredential refuses %j and repeats no value', (credential) => {
    let message = '';
    try {
      validateUpstreamCredential(credential);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain('planted');
  });
});
