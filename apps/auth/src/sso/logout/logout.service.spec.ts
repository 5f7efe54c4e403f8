import { describe, expect, it, vi } from 'vitest';
import { LogoutService } from './logout.service.js';

const claims = () => ({
  iss: 'https://idp.example.org',
  sub: 'a1',
  jti: 'one',
  iat: Math.floor(Date.now() / 1000),
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
});

const given = (endAll: () => Promise<number>) => {
  const spent = new Set<string>();
  return new LogoutService(
    { known: async () => ({}) } as never,
    { verified: async () => claims() } as never,
    { endAll } as never,
    { isSpent: async (id: string) => spent.has(id), spend: async (id: string) => spent.add(id) } as never,
    { info: () => {} } as never,
  );
};

describe('LogoutService', () => {
  it('LogoutService ends the sessions when a token comes again that could not be heeded, and once it was, no more', async () => {
    const endAll = vi
      .fn<() => Promise<number>>()
      .mockRejectedValueOnce(new Error('the bus is away'))
      .mockResolvedValue(1);
    const logouts = given(endAll);
    const end = () => logouts.end('company', 'a token', '127.0.0.1');
    await expect(end()).rejects.toThrow('the bus is away');
    await end();
    await end();
    expect(endAll).toHaveBeenCalledTimes(2);
  });
});
