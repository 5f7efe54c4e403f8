import { describe, expect, it } from 'vitest';
import { MASK } from '#contracts/auth/upstream-secrets.rules';
import { credentialFrom, newCredentialFrom } from './credential-form.js';
import type { UpdateGatewayBody } from '../gateway.body.js';

describe('a credential given for an upstream', () => {
  it.each<[UpdateGatewayBody, Record<string, string>]>([
    [{ authType: 'bearer', authToken: 't' }, { Authorization: 'Bearer t' }],
    [{ authToken: 't' }, { Authorization: 'Bearer t' }],
    [{ authUsername: 'u', authPassword: 'ü:p' }, { Authorization: `Basic ${Buffer.from('u:ü:p').toString('base64')}` }],
    [{ authHeaders: [{ key: 'X-Key', value: 'v' }] }, { 'X-Key': 'v' }],
  ])('a credential given for an upstream %j is headers', (body, headers) => {
    expect(credentialFrom(body, 'AUTO', null)?.credential).toEqual({ headers });
  });

  it('credentialFrom makes a query of a key in the query, and shows its name alone', () => {
    const form = credentialFrom({ authQueryParamKey: 'key', authQueryParamValue: 'hidden&more' }, 'OPENAPI', null);
    expect(form?.credential).toEqual({ query: 'key=hidden%26more' });
    expect(form?.shape).toMatchObject({ authType: 'query_param', queryName: 'key' });
    expect(JSON.stringify(form?.shape)).not.toContain('hidden');
  });

  it('credentialFrom keeps names alone in the shape when it is given values', () => {
    const form = credentialFrom({ authHeaders: [{ key: 'X-Key', value: 'hidden' }] }, 'SSE', null);
    expect(JSON.stringify(form?.shape)).not.toContain('hidden');
  });

  it('credentialFrom keeps the credential when it is left out or masked, and drops it when authType is "none"', () => {
    expect(credentialFrom({}, 'AUTO', null)).toBeNull();
    expect(credentialFrom({ authType: 'bearer', authToken: MASK }, 'AUTO', null)).toBeNull();
    expect(credentialFrom({ authQueryParamKey: 'k', authQueryParamValue: MASK }, 'AUTO', null)).toBeNull();
    expect(credentialFrom({ env: { A: MASK, B: MASK } }, 'STDIO', null)).toBeNull();
    expect(credentialFrom({ authType: 'none' }, 'AUTO', null)?.credential).toBeNull();
    expect(credentialFrom({ env: {} }, 'STDIO', null)?.credential).toBeNull();
  });

  it.each<[UpdateGatewayBody, 'AUTO' | 'STDIO']>([
    [{ authType: 'bearer' }, 'AUTO'],
    [{ authType: 'basic', authPassword: 'p' }, 'AUTO'],
    [{ authUsername: 'a:b', authPassword: 'p' }, 'AUTO'],
    [{ authToken: 'a\nb' }, 'AUTO'],
    [{ authHeaders: [] }, 'AUTO'],
    [{ authQueryParamKey: 'k' }, 'AUTO'],
    [{ authType: 'query_param', authQueryParamValue: 'v' }, 'AUTO'],
    [{ authQueryParamKey: 'k', authQueryParamValue: 'v', authHeaders: [{ key: 'X-Key', value: 'v' }] }, 'AUTO'],
    [{ authQueryParamKey: 'k', authQueryParamValue: 'v' }, 'STDIO'],
    [{ authHeaders: [{ key: 'Content-Length', value: '1' }] }, 'AUTO'],
    [
      {
        authHeaders: [
          { key: 'A', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      'AUTO',
    ],
    [
      {
        authHeaders: [
          { key: 'A', value: MASK },
          { key: 'B', value: '2' },
        ],
      },
      'AUTO',
    ],
    [{ env: { A: MASK, B: 'new' } }, 'STDIO'],
    [{ env: { A: 'b\0' } }, 'STDIO'],
    [{ env: { A: 1 } }, 'STDIO'],
    [{ env: { A: 'b' } }, 'AUTO'],
    [{ authToken: 't' }, 'STDIO'],
    [{ authType: 'none', authToken: 't' }, 'AUTO'],
    [{ authType: 'bearer', authToken: 't', authPassword: 'p' }, 'AUTO'],
    [{ authToken: 't', authHeaders: [{ key: 'X-Key', value: 'v' }] }, 'AUTO'],
  ])('a credential given for an upstream %j for %s is refused', (body, transport) => {
    expect(() => credentialFrom(body, transport, null)).toThrow(expect.objectContaining({ code: 'http.invalid' }));
  });

  it('newCredentialFrom refuses a mask when there is no credential yet', () => {
    expect(() => newCredentialFrom({ authToken: MASK }, 'AUTO', null)).toThrow(
      expect.objectContaining({ code: 'http.invalid' }),
    );
    expect(newCredentialFrom({}, 'AUTO', null).credential).toBeNull();
  });
});
