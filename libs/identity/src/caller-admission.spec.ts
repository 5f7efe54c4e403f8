import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bus, LocalBus } from '#libs/bus';
import { AdmitCaller, CredentialRevoked, GrantsChanged, type Principal } from '#libs/contracts';
import { fail } from '#libs/errors';
import { CallerAdmission, type CallerAdmissionOptions } from './caller-admission.js';

const principalOf = (token: string): Principal => ({
  id: `${token}@example.org`,
  kind: 'user',
  isAdmin: false,
  teams: [],
  permissions: ['tools.read'],
  serverId: null,
  tokenId: `id-of-${token}`,
});

const code = async (act: () => unknown): Promise<string> => {
  try {
    await act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'accepted';
};

/** Whether the answer had to be fetched. */
const asks = async (admission: CallerAdmission, token: string): Promise<boolean> => {
  const pending = admission.admit(token);
  await pending;
  return pending instanceof Promise;
};

let broker: LocalBus;
let auth: Bus;
let edge: Bus;
let asked: string[];
let answer: (credential: string) => Promise<{ principal: Principal; expiresAtMs: number; expiresInMs?: number }>;
let open: CallerAdmission[];

const given = (options: Partial<CallerAdmissionOptions> = {}): CallerAdmission => {
  const admission = new CallerAdmission(edge, {
    ttlMs: 30_000,
    staleMaxMs: 0,
    max: 100,
    authRequired: true,
    ...options,
  });
  open.push(admission);
  return admission;
};

/** The clock of the tests stands still but for this, so that a busy machine is never late. */
const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  broker = new LocalBus();
  auth = broker.join('auth');
  edge = broker.join('ingress');
  asked = [];
  open = [];
  answer = async (credential) => {
    if (credential.startsWith('bad')) throw fail('auth.credential_invalid');
    return { principal: principalOf(credential), expiresAtMs: Date.now() + 3_600_000 };
  };
  auth.answer(AdmitCaller, ({ credential }) => {
    asked.push(credential ?? '');
    return answer(credential ?? '');
  });
});

afterEach(async () => {
  vi.useRealTimers();
  for (const admission of open) admission.close();
  await edge.drain();
  await auth.drain();
});

describe('CallerAdmission', () => {
  it('CallerAdmission asks once, and then answers at once', async () => {
    const admission = given();

    await admission.admit('ann');
    const second = admission.admit('ann');

    expect(second).toEqual(principalOf('ann'));
    expect(asked).toEqual(['ann']);
  });

  it('CallerAdmission never takes one credential for another that ends like it', async () => {
    const end = 'e'.repeat(100);
    const admission = given();
    expect(await admission.admit(`ann.${end}`)).toEqual(principalOf(`ann.${end}`));

    expect(await code(() => admission.admit(`bad.${end}`))).toBe('auth.credential_invalid');
    expect(await admission.admit(`bob.${end}`)).toEqual(principalOf(`bob.${end}`));
    expect(await admission.admit(`ann.${end}`)).toEqual(principalOf(`ann.${end}`));
    auth.publish(CredentialRevoked, { tokenId: `id-of-ann.${end}` });
    await auth.flush();
    await auth.flush();
    expect(await asks(admission, `ann.${end}`)).toBe(true);
  });

  it('CallerAdmission asks once for many callers at the same time', async () => {
    const admission = given();

    const principals = await Promise.all(Array.from({ length: 50 }, async () => admission.admit('ann')));

    expect(new Set(principals.map(({ id }) => id))).toEqual(new Set(['ann@example.org']));
    expect(asked).toEqual(['ann']);
  });

  it('CallerAdmission refuses a caller without a credential, or admits them as nobody where none is required', () => {
    expect(() => given().admit(null)).toThrow(expect.objectContaining({ code: 'auth.credential_missing' }));
    expect(given({ authRequired: false }).admit(null)).toMatchObject({ id: 'anonymous', kind: 'anonymous', teams: [] });
  });

  it('CallerAdmission refuses a wrong credential also where none is required', async () => {
    expect(await code(() => given({ authRequired: false }).admit('bad'))).toBe('auth.credential_invalid');
  });

  it('CallerAdmission remembers a refusal for a moment, and only a moment', async () => {
    const admission = given();
    expect(await code(() => admission.admit('bad'))).toBe('auth.credential_invalid');
    expect(() => admission.admit('bad')).toThrow('The credential is not valid');
    expect(asked).toEqual(['bad']);

    await new Promise((resolve) => setTimeout(resolve, 3_100));
    expect(await code(() => admission.admit('bad'))).toBe('auth.credential_invalid');
    expect(asked).toEqual(['bad', 'bad']);
  });

  it('CallerAdmission keeps good credentials whatever number of bad ones comes', async () => {
    const admission = given({ max: 2 });
    await admission.admit('ann');

    for (let n = 0; n < 3_000; n += 1) await code(() => admission.admit(`bad${n}`));

    expect(admission.admit('ann')).toEqual(principalOf('ann'));
  });

  it('CallerAdmission trusts no longer than its time, nor than the token lives', async () => {
    const admission = given({ ttlMs: 40 });
    await admission.admit('ann');
    pass(60);
    expect(await asks(admission, 'ann')).toBe(true);

    const patient = given();
    answer = async (credential) => ({ principal: principalOf(credential), expiresAtMs: Date.now() + 40 });
    await patient.admit('bob');
    pass(60);
    expect(await asks(patient, 'bob')).toBe(true);
  });

  it('CallerAdmission goes by the time that is left when its clock and that of auth differ', async () => {
    const byDate = { ahead: 3_600_000, behind: -3_600_000 };
    for (const [name, aheadMs] of Object.entries(byDate)) {
      const admission = given();
      answer = async (credential) => ({
        principal: principalOf(credential),
        expiresAtMs: Date.now() + aheadMs,
        expiresInMs: 400,
      });
      expect((await admission.admit(name)).id).toBe(principalOf(name).id);
      expect(await asks(admission, name)).toBe(false);
      pass(450);
      expect(await asks(admission, name)).toBe(true);
    }
  });

  it('CallerAdmission does not admit a token that has expired on the way', async () => {
    answer = async (credential) => ({ principal: principalOf(credential), expiresAtMs: Date.now() - 1 });

    expect(await code(() => given().admit('ann'))).toBe('auth.credential_invalid');
  });

  it.each([
    ['its token', { tokenId: 'id-of-ann' }],
    ['its user', { principalId: 'ann@example.org' }],
  ])('CallerAdmission drops a credential as soon as %s is revoked, and no other', async (_what, revoked) => {
    const admission = given();
    await admission.admit('ann');
    await admission.admit('bob');
    answer = async () => Promise.reject(fail('auth.credential_invalid'));

    auth.publish(CredentialRevoked, revoked);
    await auth.flush();
    await vi.waitFor(() => expect(admission.admit('bob')).toEqual(principalOf('bob')));

    await vi.waitFor(async () => expect(await code(() => admission.admit('ann'))).toBe('auth.credential_invalid'));
    expect(admission.admit('bob')).toEqual(principalOf('bob'));
  });

  it('CallerAdmission asks again when the grants of a user change', async () => {
    const admission = given();
    await admission.admit('ann');
    answer = async (credential) => ({
      principal: { ...principalOf(credential), permissions: [] },
      expiresAtMs: Date.now() + 60_000,
    });

    auth.publish(GrantsChanged, { principalId: 'ann@example.org' });
    await auth.flush();

    await vi.waitFor(async () => expect((await admission.admit('ann')).permissions).toEqual([]));
  });

  it.each([
    ['revocation', CredentialRevoked, true],
    ['change of grants', GrantsChanged, false],
  ])('CallerAdmission tells of a %s when what it remembered is forgotten', async (_what, event, isRevoked) => {
    const admission = given();
    await admission.admit('ann');
    const told: [boolean, boolean, unknown][] = [];
    admission.onForgotten((concerns, revoked) => {
      const isOfAnn = concerns(principalOf('ann')) && !concerns(principalOf('bob'));
      told.push([isOfAnn, revoked, admission.lastKnown({ headers: {}, rawHeaders: ['authorization', 'Bearer ann'] })]);
    });

    auth.publish(event, { principalId: 'ann@example.org' });
    await auth.flush();

    await vi.waitFor(() => expect(told).toEqual([[true, isRevoked, null]]));
  });

  it('CallerAdmission does not keep an answer that was given before a revocation it heard of', async () => {
    const admission = given();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async (credential) => {
      const before = { principal: principalOf(credential), expiresAtMs: Date.now() + 60_000 };
      answer = async () => Promise.reject(fail('auth.credential_invalid'));
      await held;
      return before;
    };

    const underWay = code(() => admission.admit('ann'));
    await vi.waitFor(() => expect(asked).toEqual(['ann']));
    auth.publish(CredentialRevoked, { tokenId: 'id-of-ann' });
    await auth.flush();
    await new Promise((resolve) => setTimeout(resolve, 10));
    release();

    expect(await underWay).toBe('auth.credential_invalid');
  });

  it('CallerAdmission fails closed when auth is away, and lets those through whom it knows', async () => {
    const admission = given();
    await admission.admit('ann');
    await auth.drain();

    expect(await code(() => admission.admit('bob'))).toBe('auth.unavailable');
    expect(admission.admit('ann')).toEqual(principalOf('ann'));
  });

  it('CallerAdmission lets those go on for the grace whom auth confirmed before it went away, and nobody else', async () => {
    const admission = given({ ttlMs: 30, staleMaxMs: 60_000 });
    await admission.admit('ann');
    await admission.admit('eve');
    answer = async () => Promise.reject(fail('auth.unavailable'));
    pass(50);

    expect(await admission.admit('ann')).toEqual(principalOf('ann'));
    expect(admission.admit('ann'), 'nobody waits for what is known to be away').toEqual(principalOf('ann'));
    expect(await code(() => admission.admit('bob'))).toBe('auth.unavailable');
    expect(await code(() => admission.admitConfirmed('ann'))).toBe('auth.unavailable');

    auth.publish(CredentialRevoked, { tokenId: 'id-of-eve' });
    await auth.flush();
    await vi.waitFor(async () => expect(await code(() => admission.admit('eve'))).toBe('auth.unavailable'));
    expect(admission.admit('ann')).toEqual(principalOf('ann'));
  });

  it('CallerAdmission asks again about others when the issuer of one token is away', async () => {
    const admission = given({ ttlMs: 30, staleMaxMs: 60_000 });
    await admission.admit('ann');
    await admission.admit('eve');
    answer = async (credential) =>
      Promise.reject(fail(credential === 'ann' ? 'auth.issuer_unavailable' : 'auth.credential_invalid'));
    pass(50);

    expect(await admission.admit('ann')).toEqual(principalOf('ann'));
    expect(await code(() => admission.admit('eve'))).toBe('auth.credential_invalid');
    expect(await code(() => admission.admitConfirmed('ann'))).toBe('auth.issuer_unavailable');
  });

  it('CallerAdmission believes auth as soon as it is back from a grace', async () => {
    const admission = given({ ttlMs: 30, staleMaxMs: 60_000 });
    await admission.admit('ann');
    answer = async () => Promise.reject(fail('auth.unavailable'));
    pass(50);
    await admission.admit('ann');

    answer = async () => Promise.reject(fail('auth.credential_invalid'));
    await code(() => admission.admit('bob'));
    expect(await code(() => admission.admit('ann'))).toBe('auth.credential_invalid');
  });

  it.each([
    ['the grace ends', { staleMaxMs: 200 }, 3_600_000],
    ['the credential expires', { staleMaxMs: 60_000 }, 200],
    ['there is no grace', { staleMaxMs: 0 }, 3_600_000],
  ])('CallerAdmission refuses a caller it knew when %s while auth is away', async (_what, options, expiresInMs) => {
    const admission = given({ ttlMs: 30, ...options });
    answer = async (credential) => ({ principal: principalOf(credential), expiresAtMs: 0, expiresInMs });
    await admission.admit('ann');
    answer = async () => Promise.reject(fail('auth.unavailable'));
    pass(60);
    expect(await code(() => admission.admit('ann'))).toBe(options.staleMaxMs === 0 ? 'auth.unavailable' : 'accepted');

    pass(160);
    expect(await code(() => admission.admit('ann'))).toBe('auth.unavailable');
  });

  it('CallerAdmission does not let a caller go on who is revoked while the question is under way', async () => {
    const admission = given({ ttlMs: 30, staleMaxMs: 60_000 });
    await admission.admit('ann');
    pass(50);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    answer = async () => held.then(() => Promise.reject(fail('auth.unavailable')));

    const underWay = code(() => admission.admit('ann'));
    auth.publish(CredentialRevoked, { principalId: 'ann@example.org' });
    await auth.flush();
    await new Promise((resolve) => setTimeout(resolve, 10));
    release();

    expect(await underWay).toBe('auth.unavailable');
  });

  it('CallerAdmission takes any other failure of auth for its absence', async () => {
    answer = async () => Promise.reject(new Error('boom'));

    expect(await code(() => given().admit('ann'))).toBe('auth.unavailable');
  });

  it('CallerAdmission notices a revocation whose news was lost, before the time is up', async () => {
    const admission = given({ ttlMs: 300 });
    await admission.admit('ann');
    answer = async () => Promise.reject(fail('auth.credential_invalid'));

    pass(120);
    expect(admission.admit('ann')).toEqual(principalOf('ann'));

    const stillInTime = Date.now();
    while ((await code(() => admission.admit('ann'))) === 'accepted') await new Promise(setImmediate);
    expect(await code(() => admission.admit('ann'))).toBe('auth.credential_invalid');
    expect(Date.now()).toBe(stillInTime);
  });

  it('CallerAdmission forgets everything when the bus was away', async () => {
    const reconnects: (() => void)[] = [];
    const flaky = new Proxy(edge, {
      get: (target, name) =>
        name === 'onReconnect'
          ? (handler: () => void) => {
              reconnects.push(handler);
              return { close: () => {} };
            }
          : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)),
    });
    const admission = new CallerAdmission(flaky, { ttlMs: 30_000, staleMaxMs: 0, max: 10, authRequired: true });
    open.push(admission);
    await admission.admit('ann');

    for (const reconnected of reconnects) reconnected();

    expect(await asks(admission, 'ann')).toBe(true);
  });
});
