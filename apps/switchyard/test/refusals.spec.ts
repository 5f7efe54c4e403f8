import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayProcess, type ProcessSettings, processesAt, ROOT, temporaryFolder } from './gateway-process.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = async (settings: ProcessSettings): Promise<GatewayProcess & { code: number | null }> => {
  const gateway = await GatewayProcess.start({ cwd: folder.path, ...settings });
  const { code } = await gateway.ended;
  return Object.assign(gateway, { code });
};

describe('a start that is refused', () => {
  const WEAK = ['changeme', 'secret', 'my-test-key', 'a'.repeat(40), '12345678901234567890123456789012'];
  it.each(WEAK)('a start that is refused names the weak secret without repeating it: %s', async (secret) => {
    const { code, stderr, stdout } = await run({ env: { JWT_SECRET_KEY: secret } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^switchyard: JWT_SECRET_KEY is too weak: .*\. Make one with: openssl rand -base64 48\n$/);
    expect(stdout + stderr).not.toMatch(new RegExp(`[ :"']${secret}[ .,"'\n]`));
    expect(processesAt(folder.path)).toEqual([]);
  });

  it.each([
    [{ PORT: 'http' }, /PORT: "http" is not an integer/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL: "loud" is not one of/],
    [{ NATS_URL: 'http://user:hunter2@x' }, /NATS_URL is malformed: scheme http:/],
    [{ DATABASE_URL: 'postgres://db/x' }, /JWT_SECRET_KEY is required/],
    [{ PORT: '1', HOST: '203.0.113.7' }, /cannot listen on port 1 of 203\.0\.113\.7: this machine has no such address/],
  ])('a start that is refused says what is wrong with a setting: %j', async (env, wanted) => {
    const { code, stderr } = await run({ env: env as Record<string, string> });
    expect(code).toBe(1);
    expect(stderr).toMatch(wanted);
    expect(stderr).not.toMatch(/hunter2|\n\s+at /);
    expect(processesAt(folder.path)).toEqual([]);
  });

  it('a start that is refused names everything that is wrong at once', async () => {
    const { stderr } = await run({ env: { PORT: 'x', BACKPRESSURE: '-1', TOOL_TIMEOUT: 'long' } });
    for (const name of ['PORT', 'BACKPRESSURE', 'TOOL_TIMEOUT']) expect(stderr).toContain(name);
  });

  const FAILED = 1;
  const USAGE = 2;
  const UNREACHABLE = 3;
  it.each([
    [['--nonsense'], '"--nonsense" is not understood; see --help'],
    [['--import'], '--import needs the path of an mcp.json'],
    [['--import', 'absent.json'], 'absent.json cannot be read (ENOENT)', FAILED],
    [['token', 'destroy'], '"token destroy" is not a command; see --help'],
    [['--demmo'], '"--demmo" is not understood; did you mean --demo? See --help'],
    [['conect', 'http://127.0.0.1:4444/mcp'], '"conect" is not a command; did you mean connect? See --help'],
    [['token'], 'token needs one of create, ls, rm; see token --help'],
    [['token', 'crate'], '"token crate" is not a command; did you mean create? See token --help'],
    [['user', 'create', '--usr', 'x'], '"--usr" is not understood; did you mean --user? See user create --help'],
    [['connect'], 'connect needs URL; see connect --help'],
    [['connect', 'not-a-url'], 'connect needs an http or https URL'],
    [['expose', '--prot', '1', '--', 'x'], '"--prot" is not understood; did you mean --port? See expose --help'],
    [['expose', '--port', '65536', '--', 'x'], '--port 65536 is not a port'],
    [['expose', '--host', '0.0.0.0', '--', 'x'], /^switchyard: --host 0\.0\.0\.0 lets others in/],
    [
      ['import', 'mcp.json'],
      /^switchyard: no gateway runs on this machine: start one with "switchyard up"/,
      UNREACHABLE,
    ],
    [['calls', 'ls', '--url', 'http://127.0.0.1:9'], /^switchyard: http:\/\/127\.0\.0\.1:9 wants a token/],
    [['calls', 'ls', '--url', 'http://127.0.0.1:2', '--token', 't'], /2 does not answer \(ECONNREFUSED\)/, UNREACHABLE],
    [['context', 'use', 'nowhere'], 'there is no context nowhere; see context ls'],
    [['help', 'settings', 'NONE'], 'There is no setting "NONE"; see help settings', FAILED],
  ])('a start that is refused says what is wrong with its arguments: %j', async (args, sentence, wanted = USAGE) => {
    const { code, stderr } = await run({ args });
    expect(code).toBe(wanted);
    if (typeof sentence === 'string') expect(stderr).toBe(`switchyard: ${sentence}\n`);
    else expect(stderr).toMatch(sentence);
  });

  it('a start that is refused is one line where Node is too old', async () => {
    const old = join(folder.path, 'old.mjs');
    const script = JSON.stringify(join(ROOT, 'scripts', 'start.mjs'));
    writeFileSync(
      old,
      `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });\nawait import(${script});\n`,
    );
    const { code, stderr } = await run({ module: old });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^switchyard: needs Node 24\.7\.0 or later, and this is 20\.20\.2\..*\n$/);
  });

  it.each([
    ['throw new Error("token=hunter2hunter")', 'an exception nobody caught: Error: token=[redacted]'],
    ['Promise.reject(new Error("lost"))', 'a rejection nobody handled: Error: lost'],
  ])('a run that breaks says why it ended: %s', async (breaking, reason) => {
    const module = join(folder.path, 'broken.mjs');
    const service = JSON.stringify(join(ROOT, 'dist', 'libs', 'service', 'src', 'index.js'));
    writeFileSync(
      module,
      `import { runService } from ${service};
class Empty {}
await runService({ name: 'metrics', options: {}, module: () => ({ module: Empty }), needs: {} });
setTimeout(() => { ${breaking}; }, 100);\n`,
    );
    const { code, stderr } = await run({ module, env: { LOG_LEVEL: 'silent' } });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`switchyard: ${reason}`);
  });
});

describe('what it can tell without starting', () => {
  it('the command line tells every setting of every service without starting', async () => {
    const { code, stdout } = await run({ args: ['--help'] });
    expect(code).toBe(0);
    for (const name of [
      'SWITCHYARD_DATA_DIR',
      'NATS_URL',
      'DB_POOL_SIZE',
      'JWT_SECRET_KEY',
      'TOOL_TIMEOUT',
      'METRICS_BUFFER_MAX_SIZE',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}  \\(`, 'm'));
    }
    expect(stdout).toContain('token, user, team, can');
  });

  it.each([[], ['start'], ['token', 'create']])(
    'the command line tells of a command without starting, in both ways to ask: %j',
    async (...words) => {
      const { code, stdout } = await run({ args: words.length === 0 ? ['help'] : [...words, '--help'] });
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: switchyard ${words.join(' ')}`);
      expect((await run({ args: ['help', ...words] })).stdout).toBe(stdout);
    },
  );

  it('the command line tells of one setting without starting', async () => {
    const { stdout } = await run({ args: ['help', 'settings', 'PORT'] });
    expect(stdout).toMatch(/^PORT  \(integer .*\)\n {4}Port to listen on.*\n$/);
  });

  it('the command line tells its version without starting', async () => {
    expect((await run({ args: ['--version'] })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
