import { describe, expect, it } from 'vitest';
import { hashParts, PasswordHasher } from './password.js';
import { weaknessOfPassword } from './password-policy.js';

const ADDRESS = '203.0.113.1';
/** Costs next to nothing, so that a busy machine is through with it in time. */
const CHEAP = '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

describe('passwords at rest', () => {
  const hasher = new PasswordHasher();

  it('passwords at rest are argon2id, salted, and known again', async () => {
    const [first, second] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);

    expect(first).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$[^$]{22}\$[^$]{43}$/);
    expect(first).not.toBe(second);
    expect(await hasher.verify('correct horse', first, ADDRESS)).toBe(true);
    expect(await hasher.verify('Correct horse', first, ADDRESS)).toBe(false);
  });

  it('passwords at rest match nothing where there is none, at the same cost', async () => {
    expect(hashParts(null).costs).toEqual(hashParts(await hasher.hash('correct horse')).costs);
    expect(await hasher.verify('', null, ADDRESS)).toBe(false);
    // It takes a place like any other, and is refused like any other where there is none.
    const waiting = Array.from({ length: 34 }, () => hasher.verify('x', CHEAP, ADDRESS));
    await expect(hasher.verify('wrong', null, ADDRESS)).rejects.toMatchObject({ code: 'http.overloaded' });
    await Promise.all(waiting);
  });

  it('passwords at rest are worked on a few at a time, and not without end', async () => {
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.verify('x', CHEAP, ADDRESS)));
    const refused = results.filter(({ status }) => status === 'rejected');

    expect(refused).toHaveLength(60 - 34);
    expect(refused[0]).toMatchObject({ reason: { code: 'http.overloaded' } });
    expect(await hasher.verify('x', null, ADDRESS)).toBe(false);
  });

  it('a password from another address has the next turn when one address has sent more than can wait', async () => {
    const done: string[] = [];
    const check = (address: string) =>
      hasher.verify('x', CHEAP, address).then(
        () => void done.push(address),
        () => undefined,
      );
    const flood = Array.from({ length: 60 }, () => check('greedy'));
    await check('modest');
    expect(done.filter((address) => address === 'greedy').length).toBeLessThanOrEqual(6);
    await Promise.all(flood);
  });
});

describe('the password policy', () => {
  it.each([
    'too brief',
    'aaaaaaaaaaaaaaaa',
    'changeme1234',
    'Password12345',
    'ann@example.org!!',
    'x'.repeat(300),
    'Passw0rd1234',
    'qwertyuiop12',
    '123456789012',
    'iloveyou1234',
    'abcdefghijkl',
    'switchyard123',
  ])('the password policy refuses %s', async (password) => {
    const weakness = await weaknessOfPassword(password, 'ann@example.org');
    expect(weakness).toEqual(expect.any(String));
    expect(weakness).not.toContain(password);
  });

  it.each(['four little words more', 'k7#Vq2!mZp0w'])('the password policy accepts %s', async (password) => {
    expect(await weaknessOfPassword(password, 'ann@example.org')).toBeNull();
  });
});
