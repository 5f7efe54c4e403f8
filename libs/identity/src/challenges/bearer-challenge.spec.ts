import { describe, expect, it } from 'vitest';
import { readBearerChallenge } from './bearer-challenge.js';

const URL = 'https://mcp.example/.well-known/oauth-protected-resource';

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
