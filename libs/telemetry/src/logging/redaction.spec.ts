import { describe, expect, it } from 'vitest';
import { maskText, redactMembers } from './redaction.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJlLXBsNG50ZWQ';
const TEXT_CHARS_MAX = 8_192;

/** Fills what of a text is looked at. */
const many = (part: string): string => part.repeat(TEXT_CHARS_MAX / part.length);

describe('redaction', () => {
  it.each([
    ['ACCESS_TOKEN_V2=abcdef', 'ACCESS_TOKEN_V2=[redacted]'],
    ['{"my-api-key-2": "abcdef"}', '{"my-api-key-2": "[redacted]"}'],
    ['token-token=abcdef secretoken: abcdef', 'token-token=[redacted] secretoken: [redacted]'],
    [`--jwt-${JWT}, ${JWT}`, '--jwt-[redacted], [redacted]'],
    ['a.b+c://me:pass:word@host', 'a.b+c://me:[redacted]@host'],
    ['basic   QWxhZGRpbg==', 'basic [redacted]'],
    ['no token in https://host:80/a', 'no token in https://host:80/a'],
  ])('redaction masks what is a secret alone when the text is %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  // By the cube, or the square, of their lengths these would take minutes.
  it.each([
    'token-',
    'api-key_',
    'secret ',
    '-eyJ',
    '-eyJa.',
    'a.',
    'a://',
    'x://a:',
    'bearer ',
    'token"',
    '\\"',
    ': "',
    ': ""',
  ])('redaction takes steps in proportion to the text when it is made of %j', (part) => {
    for (let line = 0; line < 20; line++) {
      maskText(many(part));
      maskText(`token${many(part)}`);
    }
    const error = Object.assign(new Error(many(part)), { parameters: [] });
    expect(redactMembers({ error })).toHaveProperty('error.type', 'Error');
  });

  it.each(['postgres://me:hunter', JWT.slice(0, 30), `${JWT.slice(0, 20)}.eyJzdW`])(
    'redaction leaves nothing of a secret when the text is cut within %s',
    (begun) => {
      const masked = maskText(`${' '.repeat(TEXT_CHARS_MAX - begun.length)}${begun}word@host`);
      expect(masked).toMatch(/ (postgres)?\[redacted\]… \(\d+ characters\)$/);
    },
  );
});
