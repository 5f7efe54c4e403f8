import { describe, expect, it } from 'vitest';
import { parseTrustedIssuers, publicUrlOption } from './trusted-issuers.js';

const parse = (...issuers: object[]) => parseTrustedIssuers(JSON.stringify(issuers));
const GOOD = { issuer: 'https://idp.example.org/r', domains: ['Example.org'] };

describe('parseTrustedIssuers', () => {
  it('parseTrustedIssuers fills in what an issuer leaves out', () => {
    expect(parse(GOOD)).toEqual([
      {
        issuer: 'https://idp.example.org/r',
        jwksUri: null,
        audiences: [],
        userClaim: 'email',
        domains: ['example.org'],
        createUsers: false,
        scopes: new Map(),
        rules: [],
      },
    ]);
  });

  it.each<[string, object, string]>([
    ['a URL without TLS', { ...GOOD, issuer: 'http://idp.example.org' }, 'issuer is no URL with https'],
    ['a URL with a password', { ...GOOD, issuer: 'https://a:b@idp.example.org' }, 'issuer is no URL with https'],
    ['no domains', { issuer: GOOD.issuer }, 'domains is missing'],
    ['an unknown member', { ...GOOD, audience: 'x' }, 'unknown member "audience"'],
    ['an unknown permission', { ...GOOD, scopes: { mcp: ['tools.fly'] } }, '"tools.fly" of scope mcp is no permission'],
    ['a scope with a space', { ...GOOD, scopes: { 'a b': [] } }, '"a b" can be no scope'],
    ['a rule without value', { ...GOOD, rules: [{ claim: 'groups' }] }, 'value of a rule is no text'],
  ])('parseTrustedIssuers refuses %s', (_, issuer, message) => {
    expect(() => parse(issuer)).toThrow(message);
  });

  it('parseTrustedIssuers refuses what is no list of different issuers', () => {
    expect(() => parseTrustedIssuers('https://idp.example.org')).toThrow('is no JSON');
    expect(() => parseTrustedIssuers('{}')).toThrow('is no JSON list');
    expect(() => parse(GOOD, GOOD)).toThrow('twice');
  });
});

describe('publicUrlOption', () => {
  it('publicUrlOption takes an origin and nothing else', () => {
    expect(publicUrlOption.parse('https://MCP.example.org/')).toBe('https://mcp.example.org');
    for (const wrong of ['mcp.example.org', 'ftp://x', 'https://x/mcp', 'https://x/?a', 'https://u@x'])
      expect(() => publicUrlOption.parse(wrong)).toThrow('without path');
  });
});
