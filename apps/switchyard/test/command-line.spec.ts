import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type McpDouble, freePort, startMcpDouble } from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';
import { GatewayProcess, processesAt, temporaryFolder } from './gateway-process.js';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: ReturnType<typeof temporaryFolder>;
let elsewhere: string;
let upstream: McpDouble;
let env: Record<string, string>;
let nobody: Run;
let up: Run;

/** By a process of its own, as people do; in the folder that the gateway was first started in unless told. */
const start = async (args: readonly string[], cwd = join(folder.path, 'home')): Promise<Run> => {
  const run = await GatewayProcess.start({ cwd, args, env });
  const { code } = await run.ended;
  return { code, stdout: run.stdout, stderr: run.stderr };
};

/** In this process, from another folder, and not at a terminal. */
const run = async (...args: string[]) => {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  process.exitCode = undefined;
  try {
    return { code: await runCommandLine(args), ...written };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
};
const json = async <Answer>(...args: string[]): Promise<Answer> => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Answer;
};

const before = process.cwd();
beforeAll(async () => {
  folder = temporaryFolder();
  elsewhere = join(folder.path, 'elsewhere');
  for (const path of ['home', 'elsewhere']) mkdirSync(join(folder.path, path));
  upstream = await startMcpDouble({
    name: 'weather',
    tools: [
      {
        name: 'forecast',
        description: 'Says it',
        inputSchema: { type: 'object', properties: { days: { type: 'integer' } } },
      },
    ],
    call: ({ arguments: given }) => `"content":[{"type":"text","text":${JSON.stringify(JSON.stringify(given))}}]`,
  });
  env = { PORT: String(await freePort()), HOME: folder.path, XDG_CONFIG_HOME: join(folder.path, 'config') };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.chdir(elsewhere);
  const file = join(folder.path, 'home', '.env');
  writeFileSync(file, `PLATFORM_ADMIN_EMAIL=owner@example.org\n`);
  nobody = await start(['status'], elsewhere);
  up = await start(['up']);
  // Makes the token that the commands in this process find.
  await start(['servers', 'ls'], elsewhere);
});
afterAll(async () => {
  await start(['down']);
  process.chdir(before);
  vi.unstubAllEnvs();
  await upstream?.stop();
  folder.remove();
});

describe('the command line', () => {
  it('up starts a gateway that outlives the command, and finds it again from another folder', async () => {
    expect(nobody).toMatchObject({ code: 3, stderr: expect.stringMatching(/start one with "switchyard up"/) });
    expect(up).toMatchObject({ code: 0, stderr: '' });
    expect(up.stdout).toMatch(/^Switchyard \S+ is ready at http:\/\/127\.0\.0\.1:\d+\n/);
    expect((await start(['up'], elsewhere)).stdout).toMatch(/ runs already at /);
    const status = await json<{ url: string; dataDir: string; log: string }>('status', '--json');
    expect(status).toMatchObject({ url: `http://127.0.0.1:${env['PORT']}`, notReady: {}, servers: [] });
    expect(existsSync(join(elsewhere, '.switchyard'))).toBe(false);
    expect((await run('logs', '-n', '500')).stdout).toContain('"msg":"ready"');
    expect(await run('reset', '--yes')).toMatchObject({ code: 1 });
  });

  it('servers are added, listed, switched and removed by their names', async () => {
    const added = await json<{ name: string; toolCount: number }>('servers', 'add', 'weather', upstream.url);
    expect(added).toMatchObject({ name: 'weather', toolCount: 1, reachable: true });
    const bad = await run('servers', 'add', 'gone', `http://127.0.0.1:${await freePort()}/mcp`);
    expect(bad).toMatchObject({ code: 3, stdout: '' });
    expect((await run('servers', 'disable', 'weather')).stdout).toBe('weather is off\n');
    expect((await run('servers', 'enable', 'weather')).stdout).toBe('weather is up\n');
    expect(await json('servers', 'ls')).toMatchObject([{ name: 'weather', enabled: true }]);
    expect((await run('servers', 'show', 'none')).stderr).toContain('there is no server none; see servers ls');
    await json('servers', 'add', 'second', upstream.url);
    expect((await run('servers', 'rm', 'second')).stdout).toBe('removed second\n');
  });

  it.each(['modern', 'legacy'])('tools are listed and called by key=value when the client is %s', async (era) => {
    expect(await json('tools', 'ls', '-s', 'says')).toMatchObject([{ name: 'weather-forecast' }]);
    const called = await run('tools', 'call', 'weather-forecast', 'days=3', '--era', era);
    expect(called).toMatchObject({ code: 0, stdout: '{"days":3}\n' });
    expect((await run('tools', 'call', 'weather-forecast', 'days=x')).code).toBe(2);
    expect((await run('tools', 'call', 'forecast')).code).toBe(1);
    expect((await run('tools', 'show', 'forecast')).stderr).toContain('did you mean weather-forecast?');
  });

  it('endpoints show some tools under a URL of their own, at which they can be called', async () => {
    const { id } = await json<{ id: string }>('endpoints', 'create', 'Team', '--tools', 'weather-forecast');
    expect((await run('endpoints', 'url', 'Team')).stdout).toContain(`/servers/${id}/mcp\n`);
    expect(await run('tools', 'call', 'weather-forecast', '--endpoint', 'Team')).toMatchObject({
      code: 0,
      stdout: '{}\n',
    });
    expect(await json('endpoints', 'ls')).toMatchObject([{ name: 'Team' }]);
  });

  it('calls are listed, shown and explained when they are on record', async () => {
    const calls = () =>
      json<{ id: string; client: string }[]>('calls', 'ls', '--since', '1h', '--tool', 'weather-forecast');
    await expect.poll(async () => (await calls()).length).toBeGreaterThanOrEqual(3);
    const [call] = await calls();
    expect(call).toMatchObject({ client: 'switchyard-cli', outcome: 'ok' });
    expect(await json('calls', 'show', call?.id ?? '')).toMatchObject({ id: call?.id });
    expect((await run('why', call?.id ?? '')).stdout).toMatch(
      /^tools\/call weather-forecast by owner@example\.org .*: ok\n/,
    );
  });

  it('users, teams and tokens are made, listed and taken away, and whether somebody may is told', async () => {
    expect((await start(['user', 'create', '--user', 'ann@example.org'], elsewhere)).stdout).toBe(
      'created ann@example.org\n',
    );
    expect((await run('user', 'ls', '-q')).stdout).toContain('ann@example.org\n');
    const team = (await run('team', 'create', 'Red')).stdout.trim();
    expect(await run('team', 'add', 'Red', 'ann@example.org')).toMatchObject({ code: 0 });
    expect(await json('team', 'members', team)).toHaveLength(2);
    expect((await run('can', 'ann@example.org', 'weather-forecast')).code).toBe(0);
    expect((await run('can', 'ann@example.org', 'weather-none')).code).toBe(4);

    const token = (await run('token', 'create', '--expires', '2d', '--permissions', 'tools.read', '--name', 'narrow'))
      .stdout;
    const url = (await json<{ url: string }>('status', '--json')).url;
    const refused = await run('servers', 'rm', 'weather', '--url', url, '--token', token.trim());
    expect([refused.code, refused.stdout]).toEqual([4, '']);
    const [narrow] = (await json<{ id: string; name: string }[]>('token', 'ls')).filter(
      ({ name }) => name === 'narrow',
    );
    expect((await run('token', 'rm', narrow?.id ?? '')).code).toBe(0);
    expect((await run('tools', 'ls', '--url', url, '--token', token.trim())).code).toBe(4);
  });

  it('a token for a teammate is made, and stands for them alone, when it is asked for by their address', async () => {
    const made = await run('token', 'create', '--for', 'ann@example.org', '--team', 'Red', '--name', 'of Ann');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const url = (await json<{ url: string }>('status', '--json')).url;
    const headers = { authorization: `Bearer ${made.stdout.trim()}` };
    const me = await fetch(`${url}/auth/email/me`, { headers });
    expect(await me.json()).toMatchObject({ email: 'ann@example.org' });
    const listed = await json<{ name: string; user_email: string }[]>('token', 'ls');
    expect(listed).toContainEqual(expect.objectContaining({ name: 'of Ann', user_email: 'ann@example.org' }));

    const both = await start(['token', 'create', '--user', 'ann@example.org', '--for', 'ann@example.org'], elsewhere);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('without --user')]);
    expect((await run('token', 'create', '--for', 'nobody@example.org')).code).toBe(1);
  });

  it('a client is connected by its own file with a token of its own, and the token ends when it is disconnected', async () => {
    const file = join(elsewhere, '.cursor', 'mcp.json');
    mkdirSync(join(elsewhere, '.cursor'));
    const own = '{\n  // mine\n  "mcpServers": { "other": { "command": "x" } }\n}\n';
    writeFileSync(file, own);
    expect((await run('client', 'connect', 'cursor', '--dry-run')).stdout).toContain('+');
    expect(readFileSync(file, 'utf8')).toBe(own);
    const { stdout, stderr } = await run('client', 'connect', 'cursor');
    expect(stderr).toMatch(/Start Cursor anew/);
    const text = readFileSync(file, 'utf8');
    const [token = ''] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(text) ?? [];
    expect(text).toContain('// mine');
    expect(stdout).not.toContain(token);
    const list = { url: (await json<{ url: string }>('status', '--json')).url };
    const with_ = (...args: string[]) => run(...args, '--url', list.url, '--token', token);
    expect((await with_('tools', 'call', 'weather-forecast', 'days=1')).code).toBe(0);
    expect((await with_('servers', 'disable', 'weather')).code).toBe(4);
    expect(await json('client', 'ls')).toContainEqual(
      expect.objectContaining({ id: 'cursor', files: [{ path: file, isConnected: true, problem: null }] }),
    );
    const gone = await run('client', 'disconnect', 'cursor');
    expect(gone.stderr).toContain('Its token is good no more.');
    expect(JSON.parse(readFileSync(file, 'utf8').replace('// mine', ''))).toEqual({
      mcpServers: { other: { command: 'x' } },
    });
    expect((await with_('tools', 'ls')).code).toBe(4);
  });

  it('a context is another gateway for every command when it is in use', async () => {
    const url = (await json<{ url: string }>('status', '--json')).url;
    const token = (await start(['token', 'create', '--user', 'ann@example.org'], elsewhere)).stdout;
    const file = join(folder.path, 'config', 'switchyard', 'contexts.json');
    writeFileSync(file, JSON.stringify({ current: null, contexts: { work: { url, token: token.trim() } } }), {
      mode: 0o600,
    });
    expect((await run('context', 'use', 'work')).stdout).toBe(`work is in use: ${url}\n`);
    expect((await run('user', 'ls')).code).toBe(4);
    expect((await run('user', 'ls', '--context', 'local')).code).toBe(0);
    expect((await run('context', 'rm', 'work')).code).toBe(0);
    expect((await run('user', 'ls')).code).toBe(0);
  });

  it('settings are checked and printed as the gateway has them, without their secrets', async () => {
    env['SMTP_PASSWORD'] = 'planted-s3cret';
    const given = await start(['config', 'print', '--given'], elsewhere);
    expect(JSON.parse(given.stdout)).toContainEqual({
      name: 'PLATFORM_ADMIN_EMAIL',
      value: 'owner@example.org',
      source: '.env',
      default: 'admin@example.com',
    });
    expect(given.stdout).not.toContain('planted-s3cret');
    env['BACKPRESSURE'] = '-1';
    expect(await start(['config', 'check'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('BACKPRESSURE'),
    });
    delete env['BACKPRESSURE'];
    expect((await start(['config', 'check'])).code).toBe(0);
  });

  it('doctor finds nothing bad in a gateway that is well, and says what to do about a server that is not', async () => {
    const well = await run('doctor');
    expect(well.stdout).toMatch(/^ok {4}weather +up, 1 tools, /m);
    expect([well.code, well.stderr]).toEqual([0, '']);
    const file = join(elsewhere, 'broken.json');
    writeFileSync(
      file,
      JSON.stringify({
        mcpServers: {
          lost: { command: 'no-such-program' },
          asks: { command: 'sh', args: ['${NOT_SET}'] },
          far: { url: 'http://127.0.0.1:9/mcp' },
        },
      }),
    );
    const ill = await run('doctor', file);
    expect(ill.code).toBe(1);
    expect(ill.stdout).toMatch(/BAD {3}lost +there is no program no-such-program on the PATH\n +→ install it/);
    expect(ill.stdout).toMatch(/warn {2}asks +would be left out: it needs the variable NOT_SET/);
    expect(ill.stdout).toMatch(/BAD {3}far +.* does not speak MCP/);
  });

  it('top draws one picture when its output is no terminal', async () => {
    expect((await run('top', '--interval', '0.2')).stdout).toMatch(/ calls\/s, .*\n\nSERVER +STATE [^]*\nweather +up /);
  });

  it('backup keeps all of a gateway that goes on, and restore brings it back with its tokens, when it has changed', async () => {
    const dataDir = join(folder.path, 'home', '.switchyard');
    const [file, phrase, wrong] = ['kept.backup', 'phrase', 'wrong'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(phrase, 'a long enough phrase\n');
    writeFileSync(wrong, 'another long phrase\n');
    const token = (await run('token', 'create', '--expires', '2d', '--name', 'kept')).stdout.trim();
    expect(await run('backup', file)).toMatchObject({ code: 2, stderr: expect.stringContaining('--passphrase-file') });
    expect(await run('backup', file, '--passphrase-file', phrase)).toMatchObject({ code: 0, stderr: '' });
    expect((await run('backup', file, '--passphrase-file', phrase)).stderr).toContain('is there already');
    const text = readFileSync(file).toString('latin1');
    for (const secret of Object.values(JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as object))
      expect(text).not.toContain(secret);

    expect((await run('servers', 'rm', 'weather')).code).toBe(0);
    vi.stubEnv('SWITCHYARD_DATA_DIR', dataDir);
    const restore = (...args: string[]) => run('restore', file, '--passphrase-file', ...args);
    expect((await restore(phrase, '--force')).stderr).toContain('switchyard down first');
    expect((await run('down')).code).toBe(0);
    const elsewhereToo = join(folder.path, 'stopped.backup');
    expect((await run('backup', elsewhereToo, '--passphrase-file', phrase)).code).toBe(0);
    expect((await restore(phrase)).stderr).toContain('--force puts the backup in its place');
    expect((await restore(wrong, '--force')).stderr).toContain('the passphrase is not that of');
    const damaged = readFileSync(file);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 100_000) ^ 1, damaged.length - 100_000);
    writeFileSync(join(folder.path, 'damaged'), damaged);
    const { stderr } = await run('restore', join(folder.path, 'damaged'), '-f', '--passphrase-file', phrase);
    expect(stderr).toMatch(/damaged is damaged: it is not what was written/);
    expect((await restore(phrase, '--force')).stdout).toContain('is as it was at');
    expect(await start(['up'])).toMatchObject({ code: 0 });
    expect(await json('servers', 'ls')).toMatchObject([{ name: 'weather', enabled: true }]);
    const url = (await json<{ url: string }>('status', '--json')).url;
    expect(await run('tools', 'call', 'weather-forecast', 'days=2', '--url', url, '--token', token)).toMatchObject({
      code: 0,
      stdout: '{"days":2}\n',
    });
    expect(await json<{ name: string }[]>('token', 'ls')).toContainEqual(expect.objectContaining({ name: 'kept' }));
    vi.stubEnv('SWITCHYARD_DATA_DIR', undefined);
  });

  it('backup and restore say what to do instead when the database is another one', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://db.example/switchyard');
    vi.stubEnv('SWITCHYARD_DATA_DIR', join(folder.path, 'none'));
    for (const name of ['backup', 'restore'])
      expect(await run(name, 'file')).toMatchObject({ code: 1, stderr: expect.stringContaining('pg_dump') });
    vi.stubEnv('DATABASE_URL', undefined);
    vi.stubEnv('SWITCHYARD_DATA_DIR', undefined);
  });

  it('down stops that gateway and no other process, and reset forgets its data', async () => {
    expect((await run('down')).stdout).toMatch(/^stopped http:/);
    expect(processesAt(join(folder.path, 'home'))).toEqual([]);
    expect((await run('down')).stderr).toBe('No gateway runs on this machine.\n');
    expect((await start(['reset'])).code).toBe(2);
    expect((await start(['reset', '--yes'])).code).toBe(0);
    expect(existsSync(join(folder.path, 'home', '.switchyard'))).toBe(false);
  });
});
