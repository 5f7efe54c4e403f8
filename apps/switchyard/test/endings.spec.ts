import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApi, type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { type AskedDoor, type Ending, ask, measureEnding, openStream } from './endings/ending.js';

const ANN = 'ann@example.com';
const PASSWORD = 'correct horse battery staple 7';
/** How often each ending is measured. */
const TIMES = 5;

describe.each(['embedded', 'distributed'] as const)('endings of a gateway that is %s', (mode) => {
  let gateway: Gateway;
  let upstream: McpDouble;
  const figures: string[] = [];

  const rest = (method: string, path: string, body?: object, token = gateway.adminToken) =>
    new AdminApi(gateway.url, token).call<Record<string, string>>(method, path, body);

  const logIn = async (): Promise<string> =>
    (await rest('POST', '/auth/login', { email: ANN, password: PASSWORD }))['access_token'] ?? '';

  const doorsOf = (token: string, method: string, params?: object) =>
    gateway.ingressUrls.map((url) => () => ask({ url, token }, method, params));

  /** Fails where a process does not know while what it had verified would still count, and measures it several times; what begins anew for each is given by `begin`. */
  const measure = async (what: string, begin: () => Promise<() => Promise<Ending>>): Promise<void> => {
    const endings: Ending[] = [];
    for (let time = 0; time < TIMES; time++) endings.push(await (await begin())());
    const sorted = (of: keyof Ending) => endings.map((ending) => Math.round(ending[of])).toSorted((a, b) => a - b);
    const [all, after] = [sorted('ms'), sorted('afterAnswerMs')];
    figures.push(
      `${mode} ${what}: ${all.join(' ')} ms, after the answer ${after.join(' ')} ms, a call took ${sorted('callMs').join(' ')} ms`,
    );
  };

  const isRefused = ({ status }: AskedDoor): boolean => status === 401;

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'up',
      tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
      call: () => '"content":[{"type":"text","text":"hello"}]',
    });
    gateway = await startGateway({
      mode,
      ...(mode === 'distributed' && { replicas: 2 }),
      env: { DEFAULT_ROLE: 'platform_viewer', JWT_CACHE_TTL: '300' },
    });
    await rest('POST', '/auth/email/admin/users', { email: ANN, password: PASSWORD, full_name: 'Ann' });
    const ownTokens = { name: 'own tokens', description: 'of everybody', scope: 'global', permissions: ['tokens.*'] };
    const role = await rest('POST', '/rbac/roles', ownTokens);
    await rest('POST', `/rbac/users/${ANN}/roles`, { role_id: role['id'], scope: 'global' });
    await gateway.admin.register({ name: 'up', url: upstream.url, visibility: 'public' });
    // Ten processes at once, on a busy machine.
  }, 1_200_000);
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
    // What the page of benchmarks says comes from here.
    console.info(figures.join('\n'));
  });

  it('the end of a session is known to every process, and ends open streams, when it is asked for', () =>
    measure('end of a session', async () => {
      const token = await logIn();
      const streams = await Promise.all(gateway.ingressUrls.map((url) => openStream({ url, token })));
      const end = () => rest('DELETE', '/auth/sessions', undefined, token);
      return () => measureEnding(end, doorsOf(token, 'tools/list'), isRefused, streams);
    }));

  it('the revocation of a token is known to every process, and ends open streams, when it is asked for', async () => {
    const session = await logIn();
    await measure('revocation of a token', async () => {
      const name = `for ${crypto.randomUUID()}`;
      const made = await rest('POST', '/tokens', { name, expires_in_days: 1 }, session);
      const token = made['access_token'] ?? '';
      const { id } = made['token'] as unknown as { id: string };
      const streams = await Promise.all(gateway.ingressUrls.map((url) => openStream({ url, token })));
      const end = () => rest('DELETE', `/tokens/${id}`, undefined, session);
      return () => measureEnding(end, doorsOf(token, 'tools/list'), isRefused, streams);
    });
  });

  it('the end of a role is known to every process when it is asked for', async () => {
    const token = await logIn();
    await measure('end of a role', async () => {
      await rest('POST', `/rbac/users/${ANN}/roles`, { role_id: 'user', scope: 'global' });
      const doors = doorsOf(token, 'tools/call', { name: 'no such tool', arguments: {} });
      await Promise.all(doors.map((door) => expect.poll(async () => (await door()).status).not.toBe(403)));
      const end = () => rest('DELETE', `/rbac/users/${ANN}/roles/user`);
      return () => measureEnding(end, doors, ({ status }) => status === 403);
    });
  });

  it('leaving a team is known to every process when it is asked for', async () => {
    const token = await logIn();
    const team = await rest('POST', '/teams', { name: 'makers' });
    await gateway.admin.register({ name: 'made', url: upstream.url, visibility: 'team', teamId: String(team['id']) });
    await measure('end of a membership', async () => {
      await rest('POST', `/teams/${team['id']}/members`, { email: ANN, role: 'member' });
      const doors = doorsOf(token, 'tools/list');
      await Promise.all(doors.map((door) => expect.poll(async () => (await door()).text).toContain('made-echo')));
      const end = () => rest('DELETE', `/teams/${team['id']}/members/${ANN}`);
      return () => measureEnding(end, doors, ({ text }) => !text.includes('made-echo'));
    });
  });
});
