import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import { UpstreamCredentials } from './upstream-credentials.js';

const ANN = 'ann@example.com';

/** Auth, which shows what `present` says at the time; `now` waits for nothing. */
const given = (isPersonal: boolean) => {
  const auth = { asked: 0, present: async (): Promise<string> => 'one' };
  const bus = {
    ask: async () => {
      auth.asked++;
      const value = await auth.present();
      const head = {
        credential: { headers: { Authorization: `Bearer ${value}` } },
        version: `version of ${value}`,
        token: { id: value, askAgainInMs: 1_000, endsInMs: 600_000 },
        ...(isPersonal && { isPersonal }),
      };
      return { head };
    },
  };
  const credentials = new UpstreamCredentials(bus as unknown as Bus);
  return { auth, access: () => credentials.access('notes', ANN), credentials };
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('UpstreamCredentials', () => {
  it.each(['upstream.consent_needed', 'upstream.unauthorised'] as const)(
    'UpstreamCredentials shows nothing any more when it hears %s in the background',
    async (code) => {
      const { auth, access } = given(true);
      await access();
      vi.advanceTimersByTime(2_000);
      auth.present = async () => {
        throw fail(code);
      };
      await access();
      await settled();
      await expect((async () => access())()).rejects.toMatchObject({ code });
    },
  );

  it('UpstreamCredentials goes on showing what it has when auth is away', async () => {
    const { auth, access } = given(true);
    await access();
    vi.advanceTimersByTime(2_000);
    auth.present = async () => {
      throw fail('auth.unavailable');
    };
    await access();
    await settled();
    expect(await access()).toMatchObject({ tokenId: 'one' });
  });

  it.each([
    [true, 'two'],
    [false, 'one'],
  ])(
    'UpstreamCredentials asks anew, before use where it is personal (%s), when news may be missing',
    async (isPersonal, next) => {
      const { auth, access, credentials } = given(isPersonal);
      await access();
      credentials.invalidate();
      auth.present = async () => 'two';
      expect((await access()).tokenId).toBe(next);
      expect(auth.asked).toBe(2);
    },
  );

  it('UpstreamCredentials keeps nothing that it had asked for when the consent was not ended yet', async () => {
    const { auth, access, credentials } = given(true);
    const { promise, resolve } = Promise.withResolvers<string>();
    auth.present = () => promise;
    const before = access();
    credentials.dropPersonal('notes', ANN, false);
    auth.present = async () => {
      throw fail('upstream.consent_needed');
    };
    await expect((async () => access())()).rejects.toMatchObject({ code: 'upstream.consent_needed' });
    resolve('one');
    await before;
    await expect((async () => access())()).rejects.toMatchObject({ code: 'upstream.consent_needed' });
  });

  it('UpstreamCredentials has a refused call go on when another consent was given while it was under way', async () => {
    const { auth, access } = given(true);
    const shown = await access();
    await expect(shown.widen?.(['write'])).resolves.toBeUndefined();
    auth.present = async () => 'two';
    await expect(shown.widen?.(['write'])).rejects.toMatchObject({
      code: 'upstream.consent_needed',
      data: { scopes: ['write'] },
    });
  });
});
