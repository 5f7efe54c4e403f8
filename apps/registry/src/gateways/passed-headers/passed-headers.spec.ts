import { describe, expect, it } from 'vitest';
import { readPassedHeaders } from '../../contextforge/import/passed-headers.js';
import type { CredentialShape } from '../gateway.entity.js';
import { assertMayPass, passedHeadersTo } from './passed-headers.js';

const ON = { isEnabled: true, fallback: ['X-Region', 'X-Upstream-Authorization'] };
const OFF = { ...ON, isEnabled: false };
const HTTP = { transport: 'STREAMABLEHTTP', authType: 'none' } as const;
const shape = (authType: CredentialShape['authType']): CredentialShape => ({
  authType,
  username: null,
  headerNames: [],
  envNames: [],
});
const to = (passthroughHeaders: readonly string[] | null, more: object = {}, settings = ON) =>
  passedHeadersTo(
    { transport: 'STREAMABLEHTTP', credentialShape: shape('none'), passthroughHeaders, ...more },
    settings,
  );

describe('passedHeadersTo', () => {
  it('passedHeadersTo names those of the gateway, else those of the setting', () => {
    expect(to(['X-Tenant'])).toEqual(['x-tenant']);
    expect(to([])).toEqual([]);
    expect(to(null)).toEqual(['x-region', 'x-upstream-authorization']);
    expect(to(['X-Tenant'], {}, OFF)).toEqual([]);
  });

  it('passedHeadersTo names nothing for a program, and no Authorization beside an access token', () => {
    expect(to(['X-Tenant'], { transport: 'STDIO' })).toEqual([]);
    expect(to(null, { credentialShape: shape('oauth') })).toEqual(['x-region']);
  });
});

describe('assertMayPass', () => {
  it('assertMayPass lets a gateway pass on what may be passed on', () => {
    for (const transport of ['STREAMABLEHTTP', 'SSE', 'AUTO', 'OPENAPI', 'REST', 'GRPC', 'A2A'] as const)
      assertMayPass(['X-Tenant', 'X-Upstream-Authorization'], null, { ...HTTP, transport }, ON);
    assertMayPass([], null, { ...HTTP, transport: 'STDIO' }, OFF);
    assertMayPass(undefined, ['X-Tenant'], HTTP, OFF);
    assertMayPass(['X-Tenant'], ['X-Tenant'], HTTP, OFF);
  });

  it.each([
    ['the setting is off', ['X-Tenant'], null, HTTP, OFF, /ENABLE_HEADER_PASSTHROUGH/],
    ['a name is none', ['X Tenant'], null, HTTP, ON, /no name of a header/],
    ['it is the token for the gateway', ['authorization'], null, HTTP, ON, /X-Upstream-Authorization/],
    ['it is a cookie', ['Cookie'], null, HTTP, ON, /never passed on/],
    ['it is new in each request', ['X-Trace-Id'], null, HTTP, ON, /new in each request/],
    ['a name is there twice', ['X-A', 'x-a'], null, HTTP, ON, /twice/],
    ['there are too many', Array.from({ length: 33 }, (_, n) => `X-${n}`), null, HTTP, ON, /at most 32/],
    ['it is a program', ['X-Tenant'], null, { ...HTTP, transport: 'STDIO' }, ON, /HTTP/],
    ['it becomes a program', undefined, ['X-Tenant'], { ...HTTP, transport: 'STDIO' }, ON, /HTTP/],
    ['a token is got for it', ['X-Upstream-Authorization'], null, { ...HTTP, authType: 'oauth' }, ON, /oauth/],
  ] as const)('assertMayPass refuses headers with the reason when %s', (_, wanted, before, becomes, settings, why) => {
    const asserting = () => assertMayPass(wanted, before, becomes, settings);
    expect(asserting).toThrow(expect.objectContaining({ code: 'http.invalid' }));
    expect(asserting).toThrow(why);
  });
});

describe('readPassedHeaders', () => {
  it('readPassedHeaders takes over what is passed on here, and says what is not', () => {
    expect(readPassedHeaders(['X-Tenant', 'Authorization', 'Cookie', 'x-tenant'], ON)).toEqual({
      members: { passthroughHeaders: ['X-Tenant', 'x-upstream-authorization'] },
      notes: [
        'the Authorization of its callers does not reach it: what they send as X-Upstream-Authorization does',
        'the header "Cookie" is never passed on',
      ],
    });
    expect(readPassedHeaders(null, ON)).toEqual({ members: {}, notes: [] });
    const { members, notes } = readPassedHeaders(['X-Tenant'], OFF);
    expect(members).toEqual({});
    expect(notes[0]).toContain('ENABLE_HEADER_PASSTHROUGH');
  });
});
