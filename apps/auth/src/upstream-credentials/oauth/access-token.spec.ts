import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import { fail } from '#libs/errors';
import { requestAccessToken } from './access-token.js';

const CLIENT: OAuthClient = {
  grantType: 'client_credentials',
  issuer: null,
  tokenUrl: 'https://as.example/token',
  clientId: 'me: & myself',
  clientSecret: 'planted+secret %',
  privateKey: null,
  tokenEndpointAuthMethod: 'client_secret_basic',
  tokenEndpointAuthSigningAlg: null,
  privateKeyJwtKid: null,
  scopes: ['a', 'b'],
  resource: 'https://mcp.example/mcp',
  audience: null,
};

interface Asked {
  readonly url: string;
  readonly authorization?: string;
}

/** A bus at whose other end the answers to what is posted, and the documents by their URLs, are given. */
const given = (answer: { status?: number; text: string }, documents: Readonly<Record<string, string>> = {}) => {
  const asked: (Asked & { body: string | undefined })[] = [];
  const bus = {
    ask: async (contract: { subject: string }, request: Asked, { body }: { body?: string } = {}) => {
      asked.push({ ...request, body });
      if (contract.subject.endsWith('form.post')) return { head: { status: answer.status ?? 200 }, body: answer.text };
      const document = documents[request.url];
      if (document === undefined) throw fail('upstream.invalid_answer', { data: { status: 404 } });
      return { head: { bytes: document.length }, body: document };
    },
  } as unknown as Bus;
  return { asked, bus };
};

const token = (more: object = {}) => JSON.stringify({ access_token: 'secret-token', token_type: 'Bearer', ...more });

describe('requestAccessToken', () => {
  it('requestAccessToken encodes both halves of a secret, and names scope and resource', async () => {
    const { asked, bus } = given({ text: token({ expires_in: 3600 }) });

    expect(await requestAccessToken(CLIENT, bus)).toEqual({ value: 'secret-token', lifeMs: 3_599_000 });
    const [{ authorization = '', body } = {}] = asked;
    expect(Buffer.from(authorization.slice('Basic '.length), 'base64').toString()).toBe(
      'me%3A+%26+myself:planted%2Bsecret+%25',
    );
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      resource: 'https://mcp.example/mcp',
    });
  });

  it.each([
    ['a life as text', token({ expires_in: '60' }), 59_000],
    ['no life', token(), null],
    ['a life of null', token({ expires_in: null }), null],
    ['a life that has passed', token({ expires_in: -1 }), null],
    ['a life of a century', token({ expires_in: 3_155_760_000 }), 30 * 86_400_000 - 1_000],
    ['its type in small letters', JSON.stringify({ access_token: 'secret-token', token_type: 'bearer' }), null],
  ])('requestAccessToken takes a token with %s', async (_what, text, lifeMs) => {
    expect(await requestAccessToken(CLIENT, given({ text }).bus)).toEqual({ value: 'secret-token', lifeMs });
  });

  it.each([
    [
      'its code',
      401,
      '{"error":"invalid_client","error_description":"planted"}',
      'upstream.unauthorised',
      'invalid_client',
    ],
    ['no code', 400, 'planted', 'upstream.unauthorised', 'HTTP 400'],
    ['what is no code', 400, '{"error":"planted words of <b>it</b>"}', 'upstream.unauthorised', 'HTTP 400'],
    ['an error with 200', 200, '{"error":"invalid_scope"}', 'upstream.unauthorised', 'invalid_scope'],
    ['a redirect', 302, '', 'upstream.unauthorised', 'HTTP 302'],
    ['a failure of its own', 503, 'planted', 'upstream.unreachable', 'HTTP 503'],
    ['no token', 200, '{"token_type":"Bearer"}', 'upstream.invalid_answer', 'no access_token'],
    ['something that is no JSON', 200, 'access_token=planted', 'upstream.invalid_answer', 'no access_token'],
    ['a token of another type', 200, token({ token_type: 'DPoP' }), 'upstream.invalid_answer', 'no bearer token'],
    [
      'a token with a line end',
      200,
      token({ access_token: 'planted\r\nX: y' }),
      'upstream.invalid_answer',
      'no header',
    ],
    ['a token of 9 KB', 200, token({ access_token: 'x'.repeat(9_000) }), 'upstream.invalid_answer', 'no header'],
  ])('requestAccessToken says so, and nothing else, when it is answered %s', async (_what, status, text, code, why) => {
    const failing = requestAccessToken(CLIENT, given({ status, text }).bus);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(why), executed: 'no' });
    await expect(failing).rejects.not.toMatchObject({ message: expect.stringMatching(/planted|secret/) });
  });

  it('requestAccessToken finds the token endpoint in either document of an issuer with a path', async () => {
    const issuer = 'https://as.example/realms/one';
    const metadata = JSON.stringify({ issuer, token_endpoint: 'https://as.example/t' });
    const { asked, bus } = given({ text: token() }, { [`${issuer}/.well-known/openid-configuration`]: metadata });

    await requestAccessToken({ ...CLIENT, issuer, tokenUrl: null }, bus);
    expect(asked.map(({ url }) => url)).toEqual([
      'https://as.example/.well-known/oauth-authorization-server/realms/one',
      'https://as.example/.well-known/openid-configuration/realms/one',
      'https://as.example/realms/one/.well-known/openid-configuration',
      'https://as.example/t',
    ]);
  });

  it.each([
    ['another issuer', { issuer: 'https://other.example', token_endpoint: 'https://as.example/t' }, 'another issuer'],
    ['an endpoint over plain http', { issuer: 'https://as.example', token_endpoint: 'http://as.example/t' }, 'https'],
    ['no endpoint', { issuer: 'https://as.example' }, 'token_endpoint'],
  ])('requestAccessToken shows its secret to nobody when the metadata has %s', async (_what, metadata, why) => {
    const documents = { 'https://as.example/.well-known/oauth-authorization-server': JSON.stringify(metadata) };
    const { asked, bus } = given({ text: token() }, documents);
    const client = { ...CLIENT, issuer: 'https://as.example', tokenUrl: null };
    await expect(requestAccessToken(client, bus)).rejects.toMatchObject({
      code: 'upstream.invalid_answer',
      message: expect.stringContaining(why),
    });
    expect(asked).toHaveLength(1);
  });
});
