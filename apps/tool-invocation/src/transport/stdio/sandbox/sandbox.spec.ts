import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { toolInvocationOptions } from '../../../tool-invocation.config.js';
import { settingsOf } from '../../../tool-invocation.settings.js';
import { reasonOf } from '../../reason.js';
import { findProgram, mayPass, mayRead } from './reach.js';
import { Sandbox } from './sandbox.js';

const logger = createLogger({ service: 'tool-invocation', level: 'silent' });
const isRoot = process.getuid?.() === 0;
const stranger = { uid: 64_925, gid: 64_925 };

let folder: string;
beforeAll(() => {
  folder = temporaryFolder('sandbox');
  mkdirSync(join(folder, 'bin'));
  symlinkSync(process.execPath, join(folder, 'bin/node'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** On a host that has node on the PATH, and nothing to make a sandbox of. */
const bare = (env: Record<string, string>): Sandbox => {
  const config = parseConfig(toolInvocationOptions, { PATH: join(folder, 'bin'), HOME: '/home/me', ...env });
  return new Sandbox(settingsOf(config, { embedded: true, dataDir: join(folder, 'data') }).stdio, logger);
};
const command = { upstreamId: 'one', command: 'node', args: ['-v'], env: { KEY: 'k' }, cwd: null };

describe('Sandbox', () => {
  it('Sandbox refuses to start anything when it is required and bubblewrap is missing', async () => {
    const error = await bare({ STDIO_SANDBOX: 'require' })
      .prepare(command)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'upstream.refused', executed: 'no' });
    expect((error as Error).message).toContain('STDIO_SANDBOX=require cannot be met');
    expect(reasonOf(error as never)).toContain('there is no bwrap, no env, no prlimit on the PATH');
  });

  it.each(['auto', 'off'])(
    'Sandbox refuses to start anything when no network is wanted and it cannot be kept away: %s',
    async (mode) => {
      await expect(bare({ STDIO_SANDBOX: mode, STDIO_NETWORK: 'false' }).prepare(command)).rejects.toMatchObject({
        code: 'upstream.refused',
      });
    },
  );

  it('Sandbox starts the command itself when there is nothing to wrap it in, in a folder of its own', async () => {
    const own = join(folder, 'data/stdio/one');

    const launch = await bare({ STDIO_SANDBOX: 'auto' }).prepare(command);

    expect(launch).toEqual({
      file: join(folder, 'bin/node'),
      args: ['-v'],
      cwd: own,
      env: { PATH: join(folder, 'bin'), HOME: isRoot ? own : '/home/me', KEY: 'k' },
      user: isRoot ? stranger : null,
    });
    expect(await bare({ STDIO_SANDBOX: 'off' }).prepare({ ...command, cwd: '/' })).toMatchObject({
      cwd: '/',
      env: { HOME: '/home/me' },
      user: null,
    });
  });

  it('Sandbox takes privileges and sets limits as far as the host can when bubblewrap is missing', async () => {
    const path = join(folder, 'linux');
    mkdirSync(path);
    for (const program of ['setpriv', 'prlimit', 'nice'])
      symlinkSync(findProgram(program, '/usr/bin:/bin', '/') as string, join(path, program));
    const code = `const { readFileSync: read } = require('fs');
      console.log(process.getuid(), require('os').getPriority(), process.cwd());
      console.log(read('/proc/self/status', 'utf8'), read('/proc/self/limits', 'utf8'));`;
    const config = { PATH: path, STDIO_MEMORY_MB_MAX: '2048', STDIO_CPU_SECONDS_MAX: '77' };

    const launch = await bare(config).prepare({ ...command, command: process.execPath, args: ['-e', code] });
    const { stdout } = await promisify(execFile)(launch.file, launch.args, { ...launch, ...launch.user });

    expect(stdout.split('\n')[0]).toBe(
      `${isRoot ? stranger.uid : process.getuid?.()} ${Math.min(getPriority() + 5, 19)} ${join(folder, 'data/stdio/one')}`,
    );
    expect(stdout).toMatch(/NoNewPrivs:\t1/);
    expect(stdout).toMatch(/Max data size\s+2147483648 /);
    expect(stdout).toMatch(/Max cpu time\s+77 /);
    expect(stdout).toMatch(/Max core file size\s+0 /);
  });

  it('Sandbox says what is missing when the command is nowhere', async () => {
    const error = await bare({})
      .prepare({ ...command, command: 'no-such-program' })
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
    expect(reasonOf(error as never)).toContain('there is no program no-such-program');
  });

  it.runIf(isRoot)(
    'Sandbox starts what only root can read as root when it chose the user itself, and refuses it when a sandbox or a user was asked for',
    async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      writeFileSync(join(closed, 'server.mjs'), '');
      const asked = { ...command, args: [join(closed, 'server.mjs')] };

      expect(await bare({}).prepare(asked)).toMatchObject({ user: null, env: { HOME: '/home/me' } });
      for (const env of [{ STDIO_USER: '1000:1000' }, { STDIO_SANDBOX: 'require' }]) {
        const error = await bare(env)
          .prepare(asked)
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
        expect(reasonOf(error as never)).toMatch(/server\.mjs cannot be read by user \d+/);
      }
    },
  );

  it('Sandbox finds the command from the folder that it is started in when it is a path', async () => {
    expect(await bare({}).prepare({ ...command, command: 'bin/node', cwd: folder })).toMatchObject({
      file: join(folder, 'bin/node'),
      cwd: folder,
    });
  });

  it('STDIO_USER is refused when it is no pair of ids', () => {
    for (const value of ['nobody', '1', '1:', 'a:b', '-1:0'])
      expect(() => parseConfig(toolInvocationOptions, { STDIO_USER: value })).toThrow('is not auto or uid:gid');
    expect(() => parseConfig(toolInvocationOptions, { STDIO_USER: '1000:1000' })).not.toThrow();
  });
});

describe('mayRead', () => {
  it('mayRead and mayPass follow the modes of each folder on the way when the user is not the owner', () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    writeFileSync(join(inner, 'file'), '');
    const as = (mode: number, file: number): [boolean, boolean] => {
      chmodSync(inner, mode);
      chmodSync(join(inner, 'file'), file);
      return [mayPass(inner, stranger), mayRead(join(inner, 'file'), stranger)];
    };

    expect(as(0o711, 0o644)).toEqual([true, true]);
    expect(as(0o711, 0o600)).toEqual([true, false]);
    expect(as(0o700, 0o644)).toEqual([false, false]);
    expect(mayRead(join(inner, 'file'), { uid: process.getuid?.() ?? 0, gid: 0 })).toBe(true);
    expect(mayRead(join(folder, 'absent'), stranger)).toBe(true);
    symlinkSync(join(inner, 'file'), join(folder, 'link'));
    expect(mayRead(join(folder, 'link'), stranger)).toBe(false);
    chmodSync(inner, 0o711);
    expect(mayRead(join(folder, 'link'), stranger)).toBe(true);
  });

  it('findProgram finds names on the PATH and paths as they stand when they can be executed', () => {
    const node = join(folder, 'bin/node');
    expect(findProgram('node', `/no/such:${folder}/bin`, '/')).toBe(node);
    expect(findProgram('node', 'bin', folder)).toBe(node);
    expect(findProgram(node, '', '/')).toBe(node);
    expect(findProgram('./bin/node', '', folder)).toBe(node);
    expect(findProgram('bin', folder, '/')).toBeUndefined();
    expect(findProgram('', `${folder}/bin`, '/')).toBeUndefined();
  });
});
