import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authCommands, issueConsoleCode } from '../src/index.js';
import { ADMIN, type GivenAuth, givenAuth } from './given-auth.js';

let auth: GivenAuth;

beforeAll(async () => {
  auth = await givenAuth();
});
afterAll(() => auth.close());

/** As the page asks, from its own origin. */
const ask = async (
  path: string,
  { cookie, body, headers = {} }: { cookie?: string; body?: unknown; headers?: Readonly<Record<string, string>> } = {},
) => {
  const answer = await fetch(`${auth.running.url}${path}`, {
    method: path.endsWith('/me') ? 'GET' : 'POST',
    headers: {
      'x-switchyard-ui': '1',
      origin: auth.running.url,
      ...(cookie !== undefined && { cookie }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const [set = ''] = answer.headers.getSetCookie();
  const told: unknown = await answer.json();
  return { status: answer.status, body: told, set, cookie: set.split(';', 1)[0] ?? '' };
};

const logIn = () => ask('/auth/console/login', { body: { email: ADMIN, password: auth.adminPassword } });
const me = (cookie: string) => ask('/auth/email/me', { cookie });

describe('sessions of the console', () => {
  it('the console is opened by password, and no body has the token', async () => {
    const opened = await logIn();
    expect(opened).toMatchObject({ status: 200, body: { user: { email: ADMIN }, expires_in: expect.any(Number) } });
    expect(opened.set).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(JSON.stringify(opened.body)).not.toContain(opened.cookie.split('=')[1]);
    expect(await me(opened.cookie)).toMatchObject({ status: 200, body: { email: ADMIN, is_admin: true } });
  });

  it('the console is not opened when the password is wrong, or another page asks', async () => {
    const body = { email: ADMIN, password: 'not this one' };
    expect(await ask('/auth/console/login', { body })).toMatchObject({ status: 401, set: '' });
    const right = { ...body, password: auth.adminPassword };
    const elsewhere = { origin: 'http://localhost:1' };
    expect(await ask('/auth/console/login', { body: right, headers: elsewhere })).toMatchObject({
      status: 403,
      set: '',
    });
    expect(await ask('/auth/console/login', { body: right, headers: { 'x-switchyard-ui': '' } })).toMatchObject({
      status: 403,
    });
  });

  it('a link opens the console once, and is no token', async () => {
    const code = await issueConsoleCode(auth.running.application, 60_000);
    expect(await auth.call('GET', '/auth/email/me', { token: code })).toMatchObject({ status: 401 });
    const redeemed = await Promise.all([1, 2, 3].map(() => ask('/auth/console/redeem', { body: { code } })));
    expect(redeemed.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    const opened = redeemed.find(({ status }) => status === 200);
    expect(await me(opened?.cookie ?? '')).toMatchObject({ status: 200, body: { email: ADMIN } });
  });

  it('a link of the command line opens the console beside a gateway that runs', async () => {
    const code = await authCommands({ env: auth.env, logger: auth.logger }).createConsoleLink();
    expect(await ask('/auth/console/redeem', { body: { code } })).toMatchObject({ status: 200 });
    await expect(
      authCommands({ env: auth.env, logger: auth.logger }).createConsoleLink('nobody@example.org'),
    ).rejects.toMatchObject({ code: 'http.conflict' });
  });

  it('no link is what was signed for something else, or is bent', async () => {
    const token = await auth.login(ADMIN, auth.adminPassword);
    const code = await issueConsoleCode(auth.running.application, 60_000);
    for (const bent of [token, `${code}x`, code.slice(0, -4), 'nonsense'])
      expect(await ask('/auth/console/redeem', { body: { code: bent } })).toMatchObject({
        status: 400,
        body: { code: 'auth.link_invalid' },
      });
  });

  it('a session goes on when it is renewed, and the one before ends', async () => {
    const first = await logIn();
    const second = await ask('/auth/console/renew', { cookie: first.cookie });
    expect(second.status).toBe(200);
    expect(second.cookie).not.toBe(first.cookie);
    expect(await me(second.cookie)).toMatchObject({ status: 200 });
    expect(await me(first.cookie)).toMatchObject({ status: 401 });
  });

  it('a session ends when it is closed, and its cookie goes', async () => {
    const { cookie } = await logIn();
    const closed = await ask('/auth/console/logout', { cookie });
    expect(closed).toMatchObject({ status: 200 });
    expect(closed.set).toContain('Max-Age=0');
    expect(await me(cookie)).toMatchObject({ status: 401 });
  });

  it('a bearer token is no session of the console', async () => {
    const token = await auth.login(ADMIN, auth.adminPassword);
    const headers = { authorization: `Bearer ${token}` };
    expect(await ask('/auth/console/renew', { headers })).toMatchObject({ status: 401, set: '' });
  });

  it('a token that was made for a program is renewed to no session when it stands in the cookie', async () => {
    const made = await auth.call('POST', '/tokens', {
      token: await auth.login(ADMIN, auth.adminPassword),
      body: { name: 'narrow', scope: { permissions: ['tools.read'] } },
    });
    expect(made.status).toBe(201);
    const cookie = `switchyard_console=${made.body.access_token}`;
    expect(await me(cookie)).toMatchObject({ status: 200 });
    expect(await ask('/auth/console/renew', { cookie })).toMatchObject({ status: 401, set: '' });
  });

  it('no code and no cookie is in the log', () => {
    expect(auth.logLines.join('\n')).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });
});
