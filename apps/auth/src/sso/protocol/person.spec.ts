import { describe, expect, it } from 'vitest';
import { matchingRules } from '../../jwt/claim-rules.js';
import type { Preset } from '../providers/presets.js';
import { describedProvider } from '../providers/sso-provider.js';
import { personOf } from './person.js';

const TENANT = '11111111-2222-3333-4444-555555555555';
const ISSUERS: Readonly<Record<Preset, string | null>> = {
  oidc: 'https://idp.example.org',
  entra: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  okta: 'https://acme.okta.com',
  keycloak: 'https://idp.example.org/realms/acme',
  google: null,
  github: null,
};
const provider = (preset: Preset, more: object = {}) =>
  describedProvider({
    id: preset,
    preset,
    issuer: ISSUERS[preset],
    clientId: 'gateway',
    domains: ['example.org'],
    ...more,
  });

/** What each provider really says of somebody, as far as the gateway reads it. */
const SAID = {
  entra: {
    iss: ISSUERS.entra,
    sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
    tid: TENANT,
    preferred_username: 'ann@example.org',
    name: 'Ann Example',
  },
  google: {
    iss: 'https://accounts.google.com',
    sub: '110169484474386276334',
    email: 'ann@example.org',
    email_verified: true,
  },
  github: {
    sub: '583231',
    login: 'ann',
    name: null,
    emails: [
      { email: 'ann@home.example', primary: true, verified: true, visibility: 'private' },
      { email: 'ann@example.org', primary: false, verified: true, visibility: null },
      { email: 'ann@old.example', primary: false, verified: false, visibility: null },
    ],
  },
};

describe('personOf', () => {
  it.each<[Preset, object, string]>([
    ['oidc', { iss: 'https://i.example', sub: '1', email: 'Ann@Example.org', email_verified: true }, 'ann@example.org'],
    ['okta', { iss: ISSUERS.okta, sub: '00u1', email: 'ann@example.org', email_verified: 'true' }, 'ann@example.org'],
    [
      'keycloak',
      { iss: ISSUERS.keycloak, sub: 'u', email: 'ann@example.org', email_verified: true },
      'ann@example.org',
    ],
    ['entra', SAID.entra, 'ann@example.org'],
    ['entra', { ...SAID.entra, email: 'boss@example.org', xms_edov: false }, 'ann@example.org'],
    ['entra', { ...SAID.entra, email: 'ann.e@example.org', xms_edov: '1' }, 'ann.e@example.org'],
    ['google', { ...SAID.google, hd: 'example.org' }, 'ann@example.org'],
    ['github', SAID.github, 'ann@example.org'],
  ])('personOf takes the verified address of the company when %s says %j', (preset, claims, email) => {
    expect(personOf(provider(preset), { ...claims })).toMatchObject({ email, claims: { ...claims, email } });
  });

  it.each<[string, Preset, object, string]>([
    ['of Google is a private account with an address of the company', 'google', SAID.google, 'not verified'],
    ['of Google is of another company', 'google', { ...SAID.google, hd: 'other.example' }, 'not verified'],
    [
      'of Entra has written an address of somebody else',
      'entra',
      { ...SAID.entra, preferred_username: 'eve@evil.example', email: 'ann@example.org' },
      'not verified',
    ],
    [
      'of GitHub has not verified the address',
      'github',
      { sub: '1', emails: [{ email: 'ann@example.org', primary: true, verified: false }] },
      'not verified',
    ],
    [
      'of GitHub shows none of the company',
      'github',
      { sub: '1', emails: SAID.github.emails.slice(0, 1) },
      'not let in',
    ],
    ['has no address', 'okta', { iss: 'i', sub: '1' }, 'no e-mail'],
    [
      'has an address that is none',
      'okta',
      { iss: 'i', sub: '1', email: ['ann@example.org'], email_verified: true },
      'no e-mail',
    ],
    ['has no subject', 'okta', { iss: 'i', email: 'ann@example.org', email_verified: true }, 'who you are'],
    [
      'does not say that the address is verified',
      'okta',
      { iss: 'i', sub: '1', email: 'ann@example.org' },
      'not verified',
    ],
  ])('personOf refuses somebody who %s', (_what, preset, claims, why) => {
    expect(() => personOf(provider(preset), { ...claims })).toThrow(why);
  });

  it('personOf lets in the tenants that are named when the issuer is of all of Entra', () => {
    const issuer = 'https://login.microsoftonline.com/organizations/v2.0';
    expect(() => provider('entra', { issuer })).toThrow('every tenant');
    const ours = provider('entra', { issuer, tenants: [TENANT.toUpperCase()] });
    expect(personOf(ours, SAID.entra).email).toBe('ann@example.org');
    expect(() => personOf(ours, { ...SAID.entra, tid: 'another' })).toThrow('another organisation');
  });

  it('personOf tells rules the verified address alone when Entra says another one that anybody may have written', () => {
    const provided = provider('entra', { rules: [{ claim: 'email', value: 'boss@example.org', administrator: true }] });
    const { email, claims } = personOf(provided, { ...SAID.entra, email: 'boss@example.org' });
    expect([email, claims['email'], claims['preferred_username']]).toEqual(Array(3).fill('ann@example.org'));
    expect(matchingRules(claims, provided.rules)).toEqual([]);
  });

  it('personOf tells issuer, subject, session and a name without markup', () => {
    const said = { iss: 'https://i.example', sub: '1', sid: 's1', email: 'ann@example.org', email_verified: true };
    expect(personOf(provider('oidc'), { ...said, name: 'Ann' })).toMatchObject({
      issuer: 'https://i.example',
      subject: '1',
      session: 's1',
      fullName: 'Ann',
    });
    expect(personOf(provider('oidc'), { ...said, name: '<b>Ann</b>' }).fullName).toBeNull();
    expect(personOf(provider('github'), SAID.github)).toMatchObject({ issuer: 'https://github.com', session: null });
  });
});

describe('describedProvider', () => {
  it.each<[string, object, string]>([
    ['no domains', { domains: [] }, 'domains is missing'],
    ['a domain that is none', { domains: ['https://example.org'] }, 'no domains'],
    ['an issuer without TLS', { issuer: 'http://idp.example.org' }, 'issuer is no URL'],
    ['no issuer', { issuer: null }, 'issuer is missing'],
    ['an id that stands for other users', { id: 'scim' }, 'id is no short name'],
    ['an id with a slash', { id: 'a/b' }, 'id is no short name'],
    ['scopes without openid', { scopes: ['email'] }, 'no openid'],
    ['a rule without value', { rules: [{ claim: 'groups' }] }, 'value of a rule'],
    [
      'a rule with roles that are none',
      { rules: [{ claim: 'groups', value: 'x', roles: 'developer' }] },
      'roles of a rule',
    ],
    [
      'endpoints of its own for every tenant of Entra',
      {
        preset: 'entra',
        issuer: 'https://login.microsoftonline.com/organizations/v2.0',
        tenants: [TENANT],
        endpoints: { token: 'https://proxy.example.org/token' },
      },
      'leave endpoints out',
    ],
  ])('describedProvider refuses a provider that has %s', (_what, more, why) => {
    expect(() => provider('oidc', more)).toThrow(why);
  });
});
