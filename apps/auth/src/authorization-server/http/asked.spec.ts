import { describe, expect, it } from 'vitest';
import { readClientDocument, readParameters, readRegistration } from './asked.js';

const ALL = 'mcp:tools mcp:resources mcp:prompts';
const read = (text: string, needsScope = true) =>
  Object.fromEntries(new URLSearchParams(readParameters(text, needsScope)));

describe('what clients ask the authorization server for', () => {
  it.each([
    ['', ALL],
    ['scope=', ALL],
    ['scope=openid+email+profile', ALL],
    ['scope=openid+mcp:tools+offline_access', 'mcp:tools'],
  ])('a request asks for scopes that are here when it says %j', (text, scope) => {
    expect(read(text)).toEqual({ scope });
  });

  it('a request keeps its token’s scopes when it names none that are here and need name none', () => {
    expect(read('scope=openid', false)).toEqual({});
  });

  it.each([
    ['', ALL],
    ['&scope=', ALL],
    ['&scope=openid+mcp:tools', 'mcp:tools'],
    ['&scope=openid+typo', 'openid typo'],
  ])(
    'a client without a user asks for what it names, to be refused where nothing of it is here, when it says %j',
    (text, scope) => {
      expect(read(`grant_type=client_credentials${text}`, false)).toMatchObject({ scope });
    },
  );

  it.each([
    ['HTTPS://Mcp.Example.org/mcp/', 'https://mcp.example.org/mcp'],
    ['https://mcp.example.org', 'https://mcp.example.org'],
    ['no url', 'no url'],
  ])('a resource is spelt one way when it is given as %s', (given, resource) => {
    expect(read(new URLSearchParams({ resource: given }).toString(), false)).toEqual({ resource });
  });

  it('a request stays ambiguous when it says something twice', () => {
    const text = readParameters('scope=a&scope=b&state=1&state=2', true);
    expect(new URLSearchParams(text).getAll('scope')).toEqual(['a', 'b']);
    expect(new URLSearchParams(text).getAll('state')).toEqual(['1', '2']);
  });
});

describe('what clients say of themselves', () => {
  it('a registration is of a public client without scopes whatever else it says', () => {
    const said = {
      client_name: 'One',
      redirect_uris: ['http://localhost/cb'],
      scope: 'x',
      client_id: 'mine',
      jwks: {},
    };
    expect(readRegistration({ ...said, token_endpoint_auth_method: 'client_secret_basic' })).toEqual({
      client_name: 'One',
      redirect_uris: ['http://localhost/cb'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    });
  });

  it('a document keeps how its client proves that it is it', () => {
    const document = { client_id: 'https://app.example/client.json', jwks_uri: 'https://app.example/keys', scope: 'x' };
    expect(readClientDocument({ ...document, token_endpoint_auth_method: 'private_key_jwt' })).toMatchObject({
      client_id: document.client_id,
      jwks_uri: document.jwks_uri,
      token_endpoint_auth_method: 'private_key_jwt',
    });
    expect(readClientDocument(document)).not.toHaveProperty('scope');
  });

  it.each([null, 'text', [], 7])('what is no description stays as it is, to be refused: %j', (body) => {
    expect(readRegistration(body)).toBe(body);
    expect(readClientDocument(body)).toBe(body);
  });
});
