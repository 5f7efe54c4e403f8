import { describe, expect, it, vi } from 'vitest';
import { sessionName } from '../../policy/standing.js';
import { LogoutService } from './logout.service.js';

const claims = () => ({
  iss: 'https://idp.example.org',
  sub: 'a1',
  sid: 's1',
  jti: 'one',
  iat: Math.floor(Date.now() / 1000),
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
});

const given = (endAll: () => Promise<number>, spent = new Set<string>()) => {
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

  it('LogoutService notes that a session has ended before it ends what was begun in it', async () => {
    const spent = new Set<string>();
    let before: readonly string[] = [];
    const logouts = given(async () => {
      before = [...spent];
      return 1;
    }, spent);
    await logouts.end('company', 'a token', '127.0.0.1');
    expect(before).toEqual([sessionName('https://idp.example.org', 's1')]);
  });
});
