import { describe, expect, it } from 'vitest';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import { findConsentPlace } from './consent-place.js';

const UPSTREAM = 'https://notes.example/mcp';
const WELL_KNOWN = '/.well-known/oauth-protected-resource/mcp';

/** An upstream that trusts `issuer`. */
const given = (issuer: string) => {
  const fetched: { url: string; namedBy?: string }[] = [];
  const bus = {
    ask: async (contract: { subject: string }, request: { url: string; namedBy?: string }) => {
      if (contract.subject.endsWith('challenge.read')) return { head: { status: 401, challenge: 'Bearer' } };
      fetched.push(request);
      const { origin, pathname } = new URL(request.url);
      if (pathname === WELL_KNOWN)
        return { head: {}, body: JSON.stringify({ resource: UPSTREAM, authorization_servers: [issuer] }) };
      if (!pathname.startsWith('/.well-known/oauth-authorization-server'))
        throw fail('upstream.invalid_answer', { data: { status: 404 } });
      const endpoints = { authorization_endpoint: `${origin}/auth`, token_endpoint: `${origin}/token` };
      return {
        head: {},
        body: JSON.stringify({ issuer, ...endpoints, code_challenge_methods_supported: ['S256'] }),
      };
    },
  };
  return { bus: bus as unknown as Bus, fetched };
};

const client = (more: Partial<OAuthClient> = {}) =>
  ({
    upstreamUrl: UPSTREAM,
    issuer: null,
    tokenUrl: null,
    scopes: [],
    resource: UPSTREAM,
    ...more,
  }) as unknown as OAuthClient;

describe('findConsentPlace', () => {
  it('findConsentPlace says of all that the upstream leads to that it does when nobody was told otherwise', async () => {
    const { bus, fetched } = given('https://idp.example');
    expect(await findConsentPlace(client(), undefined, bus)).toMatchObject({ namedBy: UPSTREAM });
    expect(new Set(fetched.map(({ namedBy }) => namedBy))).toEqual(new Set([UPSTREAM]));
  });

  it('findConsentPlace goes where the operator says as the operator may when the issuer was given', async () => {
    const { bus, fetched } = given('https://idp.example');
    const place = await findConsentPlace(client({ issuer: 'https://idp.example' }), undefined, bus);
    expect(place.namedBy).toBeUndefined();
    expect(fetched.at(-1)).not.toHaveProperty('namedBy');
  });

  it('findConsentPlace refuses an authorization server when its name has no end', async () => {
    const { bus } = given(`https://idp.example/${'x'.repeat(2_048)}`);
    await expect(findConsentPlace(client(), undefined, bus)).rejects.toMatchObject({
      code: 'upstream.invalid_answer',
      message: expect.stringContaining('longer than 2048'),
    });
  });
});
