import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

const PUBLIC_URL = 'http://gateway.example.org';
const FIRST = 'four little words more';
const NEW = 'another five little words here';

const mails: string[] = [];
let smtp: SMTPServer;
let auth: GivenAuth;
let admin: string;

beforeAll(async () => {
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'gateway' && password === 'mail secret' ? done(null, { user: username }) : done(new Error('no')),
    onData: (stream, { envelope }, done) => {
      let text = `${envelope.rcptTo.map(({ address }) => address).join(',')}\n`;
      stream.on('data', (piece: Buffer) => (text += piece.toString()));
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  auth = await givenAuth({
    PUBLIC_URL,
    PUBLIC_REGISTRATION_ENABLED: 'true',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String((smtp.server.address() as AddressInfo).port),
    SMTP_USE_TLS: 'false',
    SMTP_USER: 'gateway',
    SMTP_PASSWORD: 'mail secret',
    SMTP_FROM_EMAIL: 'gateway@example.org',
    PASSWORD_RESET_RATE_LIMIT: '2',
    TRUSTED_ISSUERS: JSON.stringify([{ issuer: 'http://127.0.0.1:1', domains: ['company.example'] }]),
  });
  admin = await auth.login(ADMIN, auth.adminPassword);
});
afterAll(async () => {
  await auth?.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

const path = (rest: string) => `/auth/email/${rest}`;
const register = (email: string, more: object = {}) =>
  auth.call('POST', path('register'), { body: { email, password: FIRST, full_name: 'Somebody', ...more } });
const forgot = (email: string) => auth.call('POST', path('forgot-password'), { body: { email } });
const reset = (token: string, body: object = { new_password: NEW, confirm_password: NEW }) =>
  auth.call('POST', path(`reset-password/${token}`), { body });

/** The secret of the newest link that was mailed to somebody, once there are so many. */
const linkOf = async (email: string, count: number): Promise<string> => {
  const links = () =>
    mails
      .filter((mail) => mail.startsWith(`${email}\n`))
      .map((mail) => mail.replaceAll('=\r\n', ''))
      .flatMap((mail) => [...mail.matchAll(new RegExp(`${PUBLIC_URL}/auth/email/reset-password/([\\w-]+)`, 'g'))]);
  await expect.poll(links).toHaveLength(count);
  return links().at(-1)?.[1] ?? '';
};

const eventsOf = async (email: string) => {
  const { body } = await auth.call('GET', path(`admin/events?user_email=${email}`), { token: admin });
  return body.map(({ event_type, success }: { event_type: string; success: boolean }) => [event_type, success]);
};

describe('registration', () => {
  it('a stranger has an account and a token when registration is open', async () => {
    const made = await register('New@example.org');
    expect(made).toMatchObject({ status: 200, body: { token_type: 'bearer', user: { email: 'new@example.org' } } });
    expect(made.body.user).toMatchObject({ is_admin: false, auth_provider: 'local', full_name: 'Somebody' });
    const { access_token: token } = made.body;
    expect((await auth.call('GET', path('me'), { token })).body.email).toBe('new@example.org');
    expect((await auth.call('GET', path('events'), { token })).body).toEqual([
      {
        id: expect.any(Number),
        timestamp: expect.any(String),
        user_email: 'new@example.org',
        event_type: 'registration',
        success: true,
        ip_address: '127.0.0.1',
        failure_reason: null,
      },
    ]);
    expect((await auth.call('GET', path('admin/events'), { token })).status).toBe(403);
  });

  it.each([
    ['an address that is taken', { email: ADMIN }, 409],
    ['an address that a trusted issuer speaks for', { email: 'ann@Company.example' }, 409],
    ['a password that is easy to guess', { password: 'password1234' }, 422],
    ['no address', { email: 'nobody' }, 422],
    ['administration', { is_admin: true }, 422],
  ])('a registration is refused when it has %s', async (_what, body, status) => {
    expect((await register('other@example.org', body)).status).toBe(status);
  });

  it('a user who was removed does not come back by registering', async () => {
    await register('gone@example.org');
    await auth.call('DELETE', path('admin/users/gone@example.org'), { token: admin });
    expect((await register('gone@example.org')).status).toBe(409);
  });
});

describe('a forgotten password', () => {
  it('a mailed link sets a new password once, and ends the tokens of before', async () => {
    const email = 'ann@example.org';
    const { access_token: before } = (await register(email)).body;
    expect((await forgot('ANN@example.org')).body).toEqual({
      success: true,
      message: 'If this email is registered, you will receive a reset link.',
    });
    const token = await linkOf(email, 1);
    expect(mails.at(-1)).toContain('From: Switchyard <gateway@example.org>');
    expect((await auth.call('GET', path(`reset-password/${token}`))).body).toEqual({
      valid: true,
      message: 'Reset token is valid',
      expires_at: expect.any(String),
    });
    expect((await reset(token, { new_password: 'password1234' })).status).toBe(422);
    expect((await reset(token, { new_password: NEW, confirm_password: FIRST })).status).toBe(422);
    const both = await Promise.all([reset(token), reset(token)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);

    expect((await auth.call('GET', path('me'), { token: before })).status).toBe(401);
    expect(await auth.login(email, FIRST)).toBeUndefined();
    expect(await auth.login(email, NEW)).toEqual(expect.any(String));
    expect((await auth.call('GET', path(`reset-password/${token}`))).body).toMatchObject({ code: 'auth.link_invalid' });
    await expect.poll(() => mails.filter((mail) => mail.includes('Your password was changed'))).toHaveLength(1);
    expect(await eventsOf(email)).toEqual([
      ['login', true],
      ['login', false],
      ['password_reset_completed', true],
      ['password_reset_requested', true],
      ['registration', true],
    ]);
    expect(auth.logLines.join('')).not.toContain(token);
  });

  it('a link is good no longer when a newer one was mailed or its time is over, and few are mailed', async () => {
    const email = 'bob@example.org';
    await register(email);
    await forgot(email);
    const first = await linkOf(email, 1);
    await forgot(email);
    const second = await linkOf(email, 2);
    for (let more = 0; more < 2; more++) expect((await forgot(email)).status).toBe(200);
    expect((await reset(first)).status).toBe(410);
    await auth.database.query('UPDATE auth.password_resets SET expires_at = now() WHERE user_email = $1', [email]);
    expect((await reset(second)).body).toMatchObject({ code: 'auth.link_expired' });
    expect((await reset('nobody-sent-this')).body).toMatchObject({ code: 'auth.link_invalid' });
    const links = mails.filter((mail) => mail.startsWith(email) && mail.includes('Set a new password'));
    expect(links).toHaveLength(2);
  });

  it('a link is mailed to nobody who has no password here, is disabled or unknown, and all are answered alike', async () => {
    const users = path('admin/users');
    await auth.call('POST', users, { token: admin, body: { email: 'tokens@example.org' } });
    await register('off@example.org');
    await auth.call('PATCH', `${users}/off@example.org`, { token: admin, body: { is_active: false } });
    const answers = [];
    for (const email of ['tokens@example.org', 'off@example.org', 'nobody@example.org', 'a@x.org, b@y.org'])
      answers.push((await forgot(email)).body);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const [{ count }] = await auth.database.query(
      `SELECT count(*)::int FROM auth.password_resets WHERE user_email IN ('tokens@example.org', 'off@example.org')`,
    );
    expect(count).toBe(0);
  });

  it('a browser is shown a page that runs nothing but its own script', async () => {
    const page = await fetch(`${auth.running.url}${path('reset-password/x')}`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'sha256-/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).toContain('Set a new password');
  });
});

it('an administrator unlocks who is locked out, and user management alone does so to nobody who may more', async () => {
  const email = 'cem@example.org';
  const { access_token: token } = (await register(email)).body;
  for (let guess = 0; guess < 5; guess++) await auth.login(email, 'not the password');
  expect(await auth.login(email, FIRST)).toBeUndefined();
  expect((await auth.call('POST', path(`admin/users/${email}/unlock`), { token })).status).toBe(403);
  expect((await auth.call('POST', path(`admin/users/${email}/unlock`), { token: admin })).body).toEqual({
    success: true,
    message: `User ${email} has been unlocked`,
  });
  expect(await auth.login(email, FIRST)).toEqual(expect.any(String));
  expect((await auth.call('POST', path('admin/users/nobody@example.org/unlock'), { token: admin })).status).toBe(404);
});
