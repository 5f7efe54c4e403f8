import { describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.js';

const target = { name: 'files', url: 'https://gw.example/servers/7/mcp', token: 'a.b.c' };

describe('the recipes of clients', () => {
  it('there is one for at least thirteen clients, each by its own name', () => {
    expect(CLIENTS.length).toBeGreaterThanOrEqual(13);
    expect(new Set(CLIENTS.map(({ id }) => id)).size).toBe(CLIENTS.length);
  });

  it.each(CLIENTS.map((client) => [client.title, client] as const))(
    'the recipe of %s has address and token, and is what it says',
    (_title, { place, write }) => {
      const text = write(target);
      expect(text).toContain(target.url);
      expect(text).toContain(target.token);
      if (/\.json\b/.test(place)) expect(() => JSON.parse(text)).not.toThrow();
    },
  );

  it('a recipe for a shell takes a quote in an address for no end of it', () => {
    const curl = CLIENTS.find(({ id }) => id === 'curl');
    expect(curl?.write({ ...target, url: "https://gw.example/'; x" })).toContain(
      String.raw`'https://gw.example/'\''; x'`,
    );
  });
});
