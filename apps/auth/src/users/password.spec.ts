import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password.js';
import { weaknessOfPassword } from './password-policy.js';

// Each hash takes a core for a while, and other tests run beside.
describe('passwords at rest', { timeout: 60_000 }, () => {
  const hasher = new PasswordHasher();

  it('passwords at rest are argon2id, salted, and known again', async () => {
    const [first, second] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);

    expect(first).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$[^$]{22}\$[^$]{43}$/);
    expect(first).not.toBe(second);
    expect(await hasher.verify('correct horse', first)).toBe(true);
    expect(await hasher.verify('Correct horse', first)).toBe(false);
  });

  it('passwords at rest match nothing where there is none, at the same cost', async () => {
    const hash = await hasher.hash('correct horse');
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const startedAtMs = performance.now();
      await work();
      return performance.now() - startedAtMs;
    };
    const withHash = await took(() => hasher.verify('wrong', hash));
    const withoutHash = await took(() => hasher.verify('wrong', null));

    expect(await hasher.verify('', null)).toBe(false);
    expect(withoutHash).toBeGreaterThan(withHash / 4);
  });

  it('passwords at rest are worked on a few at a time, and not without end', async () => {
    // Costs next to nothing, so that a busy machine is through with it in time.
    const cheap = '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.verify('x', cheap)));
    const refused = results.filter(({ status }) => status === 'rejected');

    expect(refused).toHaveLength(60 - 34);
    expect(refused[0]).toMatchObject({ reason: { code: 'http.overloaded' } });
    expect(await hasher.verify('x', null)).toBe(false);
  });
});

describe('the password policy', { timeout: 60_000 }, () => {
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
