import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { UpstreamProfile } from '#libs/contracts';
import { temporaryFolder } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';

const CANARY = 'the-gateway-alone-may-know';
const TASKS_MAX = 60;
/** Containers often forbid namespaces. Then the sandbox has to say so. */
const attempt = spawnSync('bwrap', [
  '--unshare-user',
  '--unshare-pid',
  '--dev-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  'true',
]);
const isPossible = attempt.status === 0;
const ownUid = process.getuid?.() === 0 ? 64_925 : process.getuid?.();

const secrets = temporaryFolder('secret-files');
let folder: string;
let invocation: Invocation;
let profile: UpstreamProfile;

/** A session server that evaluates what it is called with. */
const SCRIPT = `
  import('node:readline').then(({ createInterface }) => {
    const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    const AsyncFunction = (async () => {}).constructor;
    createInterface({ input: process.stdin }).on('line', async (line) => {
      const { id, method, params } = JSON.parse(line);
      if (method === 'initialize')
        send({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'inner', version: '1' } } });
      else if (method === 'tools/call') {
        const value = await new AsyncFunction('require', params.arguments.code)(require).catch((error) => 'failed: ' + (error.code ?? error.message));
        send({ id, result: { content: [{ type: 'text', text: JSON.stringify(value ?? null) }] } });
      } else if (id !== undefined) send({ id, error: { code: -32601, message: 'Method not found' } });
    });
  });
  process.on('SIGTERM', () => { require('node:fs').writeFileSync('asked-to-end', 'yes'); process.exit(0); });
  setInterval(() => {}, 1_000);`;

const inside = async (code: string, of = invocation, at = profile): Promise<unknown> => {
  const { body } = await of.call(at, 'run', { code });
  return JSON.parse(JSON.parse(body as string).content[0].text);
};
const program = (of: Invocation, id: string): UpstreamProfile =>
  of.profile({ id, transport: 'STDIO', command: process.execPath, args: ['-e', SCRIPT] });

beforeAll(async () => {
  folder = temporaryFolder('sandboxed');
  writeFileSync(join(folder, 'secrets.json'), CANARY);
  writeFileSync(join(secrets, 'key.pem'), CANARY, { mode: 0o644 });
  chmodSync(secrets, 0o755);
  vi.stubEnv('NATS_KEY_PATH', join(secrets, 'key.pem'));
  invocation = await givenInvocation({
    SWITCHYARD_DATA_DIR: folder,
    STDIO_SANDBOX: 'require',
    STDIO_TASKS_MAX: String(TASKS_MAX),
    STDIO_MEMORY_MB_MAX: '600',
    STDIO_CPU_SECONDS_MAX: '77',
    STDIO_NETWORK: 'false',
    LANG: 'C',
  });
  profile = program(invocation, 'inner-one');
});
afterAll(async () => {
  await invocation.close();
  vi.unstubAllEnvs();
  for (const made of [folder, secrets]) rmSync(made, { recursive: true, force: true });
});

describe.runIf(isPossible)('a process in the sandbox', () => {
  it('a process is a user of its own when the gateway is root, and gains no privileges', async () => {
    const status = (await inside(`return require('fs').readFileSync('/proc/self/status', 'utf8')`)) as string;

    expect(await inside('return [process.getuid(), process.getgid(), process.getgroups().length]')).toEqual([
      ownUid,
      process.getuid?.() === 0 ? ownUid : process.getgid?.(),
      expect.any(Number),
    ]);
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status).toMatch(/CapEff:\t0+\n/);
  });

  it('a process sees nothing of the data folder when it has a folder of its own in it', async () => {
    const own = join(folder, 'stdio/inner-one');

    expect(await inside('return process.cwd()')).toBe(own);
    expect(await inside(`require('fs').writeFileSync('kept', 'by me'); return 'written'`)).toBe('written');
    expect(readFileSync(join(own, 'kept'), 'utf8')).toBe('by me');
    expect(await inside(`return require('fs').readdirSync(${JSON.stringify(folder)})`)).toEqual(['stdio']);
    expect(await inside(`return require('fs').readdirSync(${JSON.stringify(join(folder, 'stdio'))})`)).toEqual([
      'inner-one',
    ]);
    expect(
      await inside(`return require('fs').readFileSync(${JSON.stringify(join(folder, 'secrets.json'))}, 'utf8')`),
    ).toBe('failed: ENOENT');
  });

  it('a process cannot open a file of secrets when a setting names it', async () => {
    const path = JSON.stringify(join(secrets, 'key.pem'));
    expect(await inside(`return require('fs').readFileSync(${path}, 'utf8')`)).toBe('failed: EACCES');
  });

  it('a process sees no process but its own, and no environment but its own', async () => {
    const environments = await inside(`
      const fs = require('fs');
      return fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
        try { return fs.readFileSync('/proc/' + pid + '/environ', 'utf8').split('\\0').map((line) => line.split('=')[0]); } catch { return null; }
      });`);

    // That of the sandbox, and its own.
    expect(environments).toHaveLength(2);
    for (const names of environments as (string[] | null)[])
      for (const name of names ?? []) expect(['', 'HOME', 'LANG', 'PATH', 'TMPDIR', 'TZ', 'PWD']).toContain(name);
    expect(await inside(`return process.kill(${process.pid}, 0)`)).toBe('failed: ESRCH');
  });

  it('a process has the limits that were set when it asks for more', async () => {
    const limits = (await inside(`return require('fs').readFileSync('/proc/self/limits', 'utf8')`)) as string;

    expect(limits).toMatch(/Max cpu time\s+77 /);
    expect(limits).toMatch(/Max core file size\s+0 /);
    expect(await inside('return Buffer.alloc(900 * 1024 * 1024).length')).toContain('failed: ');
    const started = await inside(`
      const { spawn } = require('child_process');
      const children = [];
      let failed = false;
      while (!failed && children.length < 200) {
        const child = spawn('sleep', ['60'], { stdio: 'ignore' });
        failed = await new Promise((resolve) => { child.once('spawn', () => resolve(false)); child.once('error', () => resolve(true)); });
        if (!failed) children.push(child);
      }
      for (const child of children) child.kill('SIGKILL');
      return children.length;`);
    expect(started).toBeGreaterThan(0);
    expect(started).toBeLessThan(TASKS_MAX);
  });

  it('a process has no network but its own loopback when none is wanted', async () => {
    expect(await inside(`return Object.keys(require('os').networkInterfaces())`)).toEqual(['lo']);
  });

  it('two processes do not see each other when both are in the sandbox', async () => {
    const other = program(invocation, 'inner-two');

    expect(await inside('return process.cwd()', invocation, other)).toBe(join(folder, 'stdio/inner-two'));
    expect(await inside(`return require('fs').readdirSync('..')`, invocation, other)).toEqual(['inner-two']);
  });

  it('a process is asked to end, and ends with what it started, when the gateway stops', async () => {
    const ownNamespace = await inside(`
      require('child_process').spawn('sleep', ['3600'], { detached: true, stdio: 'ignore' });
      return require('fs').readlinkSync('/proc/self/ns/pid');`);
    expect(namespaces()).toContain(ownNamespace);

    await invocation.close();

    expect(existsSync(join(folder, 'stdio/inner-one/asked-to-end'))).toBe(true);
    await expect.poll(namespaces).not.toContain(ownNamespace);
    invocation = await givenInvocation();
  });
});

describe.runIf(!isPossible)('a host that forbids the sandbox', () => {
  it('a program is refused with the reason when the sandbox is required', async () => {
    await expect(inside('return 1')).rejects.toThrow(/STDIO_SANDBOX=require cannot be met/);
  });
});

describe('npx', () => {
  it('npx starts a program from its own cache when nothing is set', async () => {
    const home = temporaryFolder('npx');
    const made = join(home, 'package');
    for (const path of [made, join(home, 'data')]) mkdirSync(path);
    writeFileSync(join(made, 'package.json'), JSON.stringify({ name: 'inner', version: '1.0.0', bin: 'inner.js' }));
    writeFileSync(join(made, 'inner.js'), `#!/usr/bin/env node\n${SCRIPT}`, { mode: 0o755 });
    const packed = join(home, 'inner.tgz');
    spawnSync('tar', ['-czf', packed, '-C', home, 'package']);
    for (const path of [home, join(home, 'data')]) chmodSync(path, 0o755);
    const usual = await givenInvocation({ SWITCHYARD_DATA_DIR: join(home, 'data'), STDIO_SANDBOX: 'auto', HOME: home });
    const npx = usual.profile({
      id: 'npx',
      transport: 'STDIO',
      command: 'npx',
      args: ['--offline', '-y', '--package', packed, 'inner'],
    });

    expect(await inside(`return require('fs').existsSync(process.env.HOME + '/.npm/_npx')`, usual, npx)).toBe(true);

    await usual.close();
    rmSync(home, { recursive: true, force: true });
  });
});

/** The process namespaces that anything on this host runs in. */
const namespaces = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readlinkSync(`/proc/${pid}/ns/pid`)];
      } catch {
        return [];
      }
    });
