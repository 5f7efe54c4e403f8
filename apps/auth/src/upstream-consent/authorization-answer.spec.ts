import { describe, expect, it } from 'vitest';
import { codeOf } from './authorization-answer.js';

const ISSUER = 'https://as.example/one';
const NAMED = { issuer: ISSUER, authorizationUrl: 'https://as.example/auth', namesItself: true };
const SILENT = { ...NAMED, namesItself: false };
const NAMELESS = { ...SILENT, issuer: null };

describe('codeOf', () => {
  it.each([
    ['its issuer, as announced', NAMED, `code=c&iss=${ISSUER}`],
    ['no issuer, where none was announced', SILENT, 'code=c'],
    ['its issuer, which was not announced', SILENT, `code=c&iss=${ISSUER}`],
    ['an issuer at its own origin, where none is known', NAMELESS, 'code=c&iss=https://as.example'],
  ])('codeOf takes the code of an answer with %s', (_what, expected, answer) => {
    expect(codeOf(new URLSearchParams(answer), expected)).toBe('c');
  });

  it.each([
    ['no issuer, where one was announced', NAMED, 'code=c', /does not say which/],
    ['the issuer with a slash', NAMED, `code=c&iss=${ISSUER}/`, /another authorization server/],
    ['the issuer in capitals', SILENT, `code=c&iss=${ISSUER.toUpperCase()}`, /another authorization server/],
    [
      'another issuer, where none is known',
      NAMELESS,
      'code=c&iss=https://evil.example',
      /another authorization server/,
    ],
    ['two issuers', NAMED, `code=c&iss=${ISSUER}&iss=${ISSUER}`, /ambiguous/],
    ['two codes', SILENT, 'code=c&code=d', /ambiguous/],
    ['no code', SILENT, 'x=y', /no code/],
    ['a code without end', SILENT, `code=${'c'.repeat(5_000)}`, /no code/],
    ['an error', SILENT, 'error=access_denied&code=c', /access_denied$/],
    ['an error of no known form', SILENT, 'error=<b>planted</b>', /^(?!.*planted)/],
    ['an error of another issuer', NAMED, 'error=planted&iss=https://evil.example', /^(?!.*planted).*another/],
  ])('codeOf refuses an answer with %s', (_what, expected, answer, why) => {
    expect(() => codeOf(new URLSearchParams(answer), expected)).toThrow(why);
  });
});
