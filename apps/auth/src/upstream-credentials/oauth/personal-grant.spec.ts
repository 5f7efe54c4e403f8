import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { type PersonalGrant, refreshed } from './personal-grant.js';

const GRANT: PersonalGrant = {
  consentId: 'c1',
  issuer: 'https://as.example',
  tokenUrl: 'https://as.example/token',
  revocationUrl: null,
  client: {
    clientId: 'gateway',
    clientSecret: null,
    tokenEndpointAuthMethod: 'none',
    privateKey: null,
    privateKeyJwtKid: null,
    tokenEndpointAuthSigningAlg: null,
  },
  resource: 'https://notes.example/mcp',
  accessToken: 'old',
  refreshToken: 'refresh',
};

/** A token endpoint that answers so. */
const answering = (status: number, body: string | object) => {
  const forms: URLSearchParams[] = [];
  const bus = {
    ask: async (_contract: unknown, _request: unknown, { body: form }: { body: string }) => {
      forms.push(new URLSearchParams(form));
      return { head: { status }, body: typeof body === 'string' ? body : JSON.stringify(body) };
    },
  } as unknown as Bus;
  return { forms, renew: () => refreshed(JSON.stringify(GRANT), bus) };
};

describe('refreshed', () => {
  it('refreshed names what the token is for and no scopes, and keeps the refresh token when it gets no other', async () => {
    const { forms, renew } = answering(200, { access_token: 'new', token_type: 'Bearer' });
    const { text } = await renew();
    expect(JSON.parse(text)).toMatchObject({ accessToken: 'new', refreshToken: 'refresh', isRenewed: true });
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      resource: 'https://notes.example/mcp',
      client_id: 'gateway',
    });
  });

  it.each(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope', 'invalid_target'])(
    'refreshed says that the consent has ended when it is answered %s',
    async (error) => {
      await expect(answering(400, { error }).renew()).rejects.toMatchObject({
        code: 'upstream.consent_needed',
        message: `the authorization server says ${error}`,
      });
    },
  );

  it('refreshed names the client that is not known when it is answered invalid_client', async () => {
    await expect(answering(401, { error: 'invalid_client' }).renew()).rejects.toMatchObject({
      data: { unknownClientId: 'gateway' },
    });
  });

  it.each<[string, number, string | object]>([
    ['HTTP 500', 500, ''],
    ['HTTP 503 and a page', 503, '<html>'],
    ['a page', 200, '<html>'],
    ['invalid_request', 400, { error: 'invalid_request' }],
    ['that it is busy', 400, { error: 'temporarily_unavailable' }],
  ])('refreshed fails for now, and ends nothing, when it is answered %s', async (_what, status, body) => {
    await expect(answering(status, body).renew()).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream\.(unreachable|invalid_answer|unauthorised)$/),
    });
  });
});
