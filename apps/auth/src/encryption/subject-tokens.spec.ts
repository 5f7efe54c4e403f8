import { describe, expect, it } from 'vitest';
import { flipped } from '#libs/testing';
import { KeyRing } from './key-ring.js';
import { SubjectTokens } from './subject-tokens.js';

const TOKEN = 'a.company.token';
const ANN = 'ann@example.org';
const secret = (letter: string) => letter.repeat(48);
const sealing = new SubjectTokens(new KeyRing(secret('a'), []));

describe('SubjectTokens', () => {
  it('SubjectTokens opens a token when it was sealed for this principal, by a former key too', () => {
    const sealed = sealing.seal(TOKEN, ANN);
    expect(sealed).not.toContain(TOKEN);
    expect(sealing.open(sealed, ANN)).toBe(TOKEN);
    expect(new SubjectTokens(new KeyRing(secret('b'), [secret('a')])).open(sealed, ANN)).toBe(TOKEN);
  });

  it('SubjectTokens begins with the same digest when it seals one token again, and another for another', () => {
    const [one, again, other] = [TOKEN, TOKEN, `${TOKEN}2`].map((token) => sealing.seal(token, ANN));
    expect(one).not.toBe(again);
    expect(one?.split('.')[0]).toBe(again?.split('.')[0]);
    expect(one?.split('.')[0]).not.toBe(other?.split('.')[0]);
  });

  it.each<[string, (sealed: string) => string, SubjectTokens?, string?]>([
    ['it is shown for somebody else', (sealed) => sealed, sealing, 'bob@example.org'],
    ['the key is not known', (sealed) => sealed, new SubjectTokens(new KeyRing(secret('c'), []))],
    ['its digest is of another', (sealed) => flipped(sealed, sealed.length)],
    ['a part is missing', (sealed) => sealed.split('.').slice(0, 2).join('.')],
    ['there is one part more', (sealed) => `${sealed}.x`],
    ['its bytes were changed', (sealed) => flipped(sealed)],
    ['it is the token itself', () => TOKEN],
    ['it is nothing', () => ''],
  ])('SubjectTokens opens nothing when %s', (_what, change, opening = sealing, principalId = ANN) => {
    expect(opening.open(change(sealing.seal(TOKEN, ANN)), principalId)).toBeNull();
  });
});
