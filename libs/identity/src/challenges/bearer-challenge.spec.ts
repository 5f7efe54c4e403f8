import { describe, expect, it } from 'vitest';
import { missingScopesOf, readBearerChallenge } from './bearer-challenge.js';

const URL = 'https://mcp.example/.well-known/oauth-protected-resource';

const MANY = Array.from({ length: 33 }, (_, at) => `s${at}`);

describe('missingScopesOf', () => {
  it.each<[string, string | null, readonly string[]]>([
    ['names them', 'Bearer error="insufficient_scope", scope="a b"', ['a', 'b']],
    ['names them among others', 'Basic realm="x", bearer scope="a", error=insufficient_scope', ['a']],
    ['names none', 'Bearer error="insufficient_scope"', []],
    ['says something else', 'Bearer error="invalid_token", scope="a b"', []],
    ['names one twice', 'Bearer error="insufficient_scope", scope="a b a"', ['a', 'b']],
    ['names what is none', `Bearer error="insufficient_scope", scope="ok <b>\u00e9 ${'x'.repeat(257)}"`, ['ok']],
    ['names many', `Bearer error="insufficient_scope", scope="${MANY.join(' ')}"`, MANY.slice(0, 32)],
    ['is for another scheme', 'DPoP error="insufficient_scope", scope="a"', []],
    ['is missing', null, []],
  ])('missingScopesOf finds what is missing when a challenge %s', (_what, header, scopes) => {
    expect(missingScopesOf(header)).toEqual(scopes);
  });
});

describe('readBearerChallenge', () => {
  it.each([
    ['alone', `Bearer resource_metadata="${URL}", scope="a b"`],
    ['behind another scheme', `Basic realm="x, Bearer y", Bearer resource_metadata="${URL}", scope="a b"`],
    ['before another scheme', `bearer scope="a b",resource_metadata="${URL}", Basic realm="x", scope="c"`],
    ['with a realm that is quoted', `Bearer realm="a \\" b", Resource_Metadata = "${URL}" , scope="a  b"`],
  ])('readBearerChallenge finds what is said in a challenge %s', (_where, header) => {
    expect(readBearerChallenge(header)).toEqual({ resourceMetadata: URL, scopes: ['a', 'b'] });
  });

  it.each([
    ['no header', null],
    ['no bearer', 'Basic realm="x", scope="a"'],
    ['a header without end', `Bearer scope="${'a '.repeat(8_000)}"`],
  ])('readBearerChallenge finds nothing when there is %s', (_what, header) => {
    expect(readBearerChallenge(header)).toBeNull();
  });

  it('readBearerChallenge finds a challenge that says nothing more', () => {
    expect(readBearerChallenge('Bearer')).toEqual({ resourceMetadata: null, scopes: [] });
  });
});
