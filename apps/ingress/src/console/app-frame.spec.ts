import { describe, expect, it } from 'vitest';
import { appFramePolicy } from './app-frame.js';

const policy = (query: string, host = 'gw.example.com'): readonly string[] =>
  appFramePolicy(new URLSearchParams(query), [host]).split('; ');

describe('the policy of the frame of an app', () => {
  it('an app reaches nothing, and has no origin, when it names nothing', () => {
    expect(policy('')).toEqual([
      'sandbox allow-scripts allow-forms',
      "default-src 'none'",
      "script-src 'unsafe-inline'",
      "style-src 'unsafe-inline'",
      'img-src data: blob:',
      'media-src data: blob:',
      'font-src data:',
      "connect-src 'none'",
      "frame-src 'none'",
      "base-uri 'none'",
      "object-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ]);
  });

  it('an app reaches what its resource names when that is public', () => {
    const named =
      'connect=https://api.example.org&connect=wss://live.example.org:8443&resource=https://*.cdn.example.org';
    const given = policy(`${named}&frame=https://video.example.org&base=https://base.example.org`);
    expect(given).toContain('connect-src https://api.example.org wss://live.example.org:8443');
    for (const directive of ['script-src', 'style-src', 'img-src', 'media-src', 'font-src'])
      expect(given.find((each) => each.startsWith(directive))).toMatch(/ https:\/\/\*\.cdn\.example\.org$/);
    expect(given).toContain('frame-src https://video.example.org');
    expect(given).toContain('base-uri https://base.example.org');
  });

  it.each([
    'http://api.example.org',
    'https://127.0.0.1',
    'https://192.168.1.1:8443',
    'https://localhost',
    'https://[::1]',
    'https://gw.example.com',
    'https://gw.example.com:8443',
    'https://*.example.com',
    'https://GW.example.com',
    'HTTPS://GW.EXAMPLE.COM',
    'https://jenkins.corp.internal',
    'https://jenkins.corp.INTERNAL:8443',
    'https://*.corp.internal',
    'wss://printer.local',
    'https://nas.lan',
    'https://router.home.arpa',
    'https://*.home.arpa',
    'https://app.localhost:3000',
    'https://wiki.corp',
    'https://jenkins',
    'https:',
    '*',
    "'self'",
    "https://a.example.org; script-src 'self'",
    'https://a.example.org/path',
    'https://a.example.org\nx',
    'data:',
    `https://${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.example.org`,
  ])('an app does not reach %s when its resource names it', (origin) => {
    const query = new URLSearchParams({ connect: origin, resource: origin, frame: origin, base: origin });
    const hosts = ['10.0.0.7:8080', 'gw.example.com'];
    expect(appFramePolicy(query, hosts)).toBe(appFramePolicy(new URLSearchParams(), hosts));
  });

  it('an app reaches a public name when its resource writes that in capitals, or it ends as a private one begins', () => {
    const given = policy(
      'connect=HTTPS://API.Example.org&connect=https://local.example.org&connect=https://a.locals.org',
    );
    expect(given).toContain('connect-src https://api.example.org https://local.example.org https://a.locals.org');
  });

  it('an app reaches the first 20 of a kind when its resource names more', () => {
    const query = Array.from({ length: 40 }, (_, at) => `connect=https://a${at}.example.org`).join('&');
    const [connect = ''] = policy(query).filter((each) => each.startsWith('connect-src'));
    expect(connect.split(' ')).toHaveLength(21);
  });
});
