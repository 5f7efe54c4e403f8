import { describe, expect, it } from 'vitest';
import { checkOwnPage, consoleCookie, readConsoleCookie, readManagementCredential } from './console-cookie.js';

const OWN = { 'x-switchyard-ui': '1', host: 'gw.example', origin: 'https://gw.example' };

describe('the cookie of the console', () => {
  it('readConsoleCookie takes the token among other cookies when the page is our own', () => {
    const cookie = 'theme=dark; __Host-switchyard_console=a.b.c; other=1';
    expect(readConsoleCookie({ ...OWN, cookie })).toBe('a.b.c');
    expect(readConsoleCookie({ ...OWN, cookie: 'theme=dark' })).toBeNull();
    expect(readConsoleCookie({ ...OWN, cookie: 'not__Host-switchyard_console=a' })).toBeNull();
    expect(readConsoleCookie(undefined)).toBeNull();
  });

  it('readConsoleCookie takes the plain name on this machine alone, where another host could set it', () => {
    const cookie = 'switchyard_console=a.b.c';
    expect(readConsoleCookie({ ...OWN, cookie })).toBeNull();
    const here = { ...OWN, host: 'localhost:4444', origin: 'http://localhost:4444' };
    expect(readConsoleCookie({ ...here, cookie })).toBe('a.b.c');
    expect(readConsoleCookie({ ...here, cookie: `${cookie}; __Host-switchyard_console=d` })).toBe('d');
  });

  it.each([
    ['has no header of the page', { host: 'gw.example', origin: 'https://gw.example' }],
    ['comes from another origin', { ...OWN, origin: 'https://evil.example' }],
    ['comes from another port of this machine', { ...OWN, host: 'localhost:4444', origin: 'http://localhost:3000' }],
    ['comes from an opaque origin', { ...OWN, origin: 'null' }],
    ['comes from elsewhere by the word of the browser', { ...OWN, 'sec-fetch-site': 'same-site' }],
    ['is a navigation', { ...OWN, 'sec-fetch-site': 'none' }],
  ])('checkOwnPage refuses a request when it %s', (_case, headers) => {
    expect(() => checkOwnPage(headers)).toThrow(/Only the page of the console/);
    expect(() => readConsoleCookie({ ...headers, cookie: '__Host-switchyard_console=a' })).toThrow(/Only the page/);
  });

  it('checkOwnPage believes the browser when an edge has changed the Host', () => {
    expect(() => checkOwnPage({ ...OWN, host: '127.0.0.1:4444', 'sec-fetch-site': 'same-origin' })).not.toThrow();
  });

  it('readConsoleCookie refuses two when a browser has them', () => {
    expect(() =>
      readConsoleCookie({ ...OWN, cookie: '__Host-switchyard_console=a; __Host-switchyard_console=b' }),
    ).toThrow(/two/);
  });

  it('readManagementCredential takes the bearer token when there are both', () => {
    const rawHeaders = ['authorization', 'Bearer shown'];
    const headers = { cookie: 'switchyard_console=kept' };
    expect(readManagementCredential({ rawHeaders, headers })).toBe('shown');
  });

  it.each([
    ['https://gw.example', true],
    ['http://gw.example', true],
    ['https://localhost:4444', true],
    ['http://localhost:4444', false],
    ['http://127.0.0.1:4444', false],
    ['http://[::1]:4444', false],
    ['http://localhost.evil.example', true],
  ])('consoleCookie for %s is Secure: %s', (origin, isSecure) => {
    const cookie = consoleCookie({ origin }, { token: 'a.b.c', maxAgeS: 60 });
    expect(cookie).toMatch(/^(__Host-)?switchyard_console=a\.b\.c; Path=\/; Max-Age=60; HttpOnly; SameSite=Strict/);
    expect(cookie.endsWith('; Secure')).toBe(isSecure);
    expect(cookie.startsWith('__Host-')).toBe(isSecure);
  });

  it('consoleCookie takes the cookie away when there is no session', () => {
    expect(consoleCookie({}, null)).toContain('switchyard_console=; Path=/; Max-Age=0;');
  });
});
