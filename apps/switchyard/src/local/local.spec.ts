import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { thisProcess } from '#libs/config';
import { lockDataDir } from '#libs/service';
import { resetCommand } from '../commands/life/reset.command.js';
import { reach } from '../gateway/reach.js';
import { writePrivate } from './config-folder.js';
import { contextNamed, contextsFile, readContexts, writeContexts } from './contexts.js';
import { localGateway } from './data-folder.js';
import { announce, runningGateways } from './running-gateways.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-local-'));
  vi.stubEnv('XDG_CONFIG_HOME', folder);
  vi.stubEnv('SWITCHYARD_DATA_DIR', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const GATEWAY = {
  url: 'http://127.0.0.1:4444',
  version: '1.0.0',
  dataDir: '/data',
  folder: '/',
  ownsDatabase: true,
  log: null,
  since: '2026-11-29T00:00:00.000Z',
};
const records = (): string => join(folder, 'switchyard', 'running');

describe('gateways of this machine', () => {
  it('a gateway is found from any folder when it has announced itself', () => {
    announce(GATEWAY);
    expect(localGateway()).toMatchObject({ ...GATEWAY, pid: process.pid });
  });

  it('a gateway is not found, and its record removed, when its process is another by now', () => {
    const { pid } = thisProcess();
    writePrivate(join(records(), `${pid}.json`), { ...GATEWAY, pid, startedAt: '1' });
    writePrivate(join(records(), '1.json'), { pid: 1 });
    expect(runningGateways()).toEqual([]);
    expect(readdirSync(records())).toEqual([]);
  });

  it('a command says which there are when several gateways run and nothing says which is meant', () => {
    announce(GATEWAY);
    const other = {
      ...GATEWAY,
      ...thisProcess(),
      pid: process.ppid,
      startedAt: null,
      dataDir: '/other',
      url: 'http://127.0.0.1:5555',
    };
    writePrivate(join(records(), `${process.ppid}.json`), other);
    expect(() => localGateway()).toThrow(
      /several gateways run here: .*(4444 \(\/data\)|5555 \(\/other\)).*; say which/,
    );
    vi.stubEnv('SWITCHYARD_DATA_DIR', '/other');
    expect(localGateway()?.url).toBe('http://127.0.0.1:5555');
    vi.stubEnv('SWITCHYARD_DATA_DIR', '/third');
    expect(localGateway()).toBeNull();
  });

  it('a command does not mean the gateway of another folder when this folder has data of its own', () => {
    announce(GATEWAY);
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    mkdirSync(join(folder, '.switchyard'));
    expect(localGateway()).toBeNull();
    cwd.mockRestore();
  });

  it('reset leaves the data alone when somebody holds it that no record tells of', async () => {
    vi.stubEnv('SWITCHYARD_DATA_DIR', folder);
    writeFileSync(join(folder, 'secrets.json'), '{}');
    const release = lockDataDir(folder);
    const reset = resetCommand().exitOverride();
    await expect(reset.parseAsync(['--yes'], { from: 'user' })).rejects.toThrow('is in use by another gateway');
    expect(readdirSync(folder)).toContain('secrets.json');
    release();
    await reset.parseAsync(['--yes'], { from: 'user' });
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
  });
});

describe('contexts', () => {
  it('contexts are shown their own token when another one is exported, and a typed one when there is one', async () => {
    writeContexts({ current: null, contexts: { work: { url: 'https://gw.example', token: 'of-work' } } });
    vi.stubEnv('SWITCHYARD_TOKEN', 'exported');
    const { calls } = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({})).mock;
    for (const token of ['exported', 'typed']) await (await reach({ context: 'work', token })).get('/version');
    const shown = calls.map(([, init]) => new Headers(init?.headers).get('authorization'));
    expect(shown).toEqual(['Bearer of-work', 'Bearer typed']);
    vi.restoreAllMocks();
  });

  it('contexts are kept where their owner alone can read them', () => {
    writeContexts({ current: 'work', contexts: { work: { url: 'https://gw.example', token: 't' } } });
    expect(statSync(contextsFile()).mode & 0o777).toBe(0o600);
    expect(contextNamed(readContexts(), 'work').token).toBe('t');
    expect(() => contextNamed(readContexts(), 'constructor')).toThrow(/there is no context/);
  });

  it('contexts are not used when others can read them', () => {
    writeContexts({ current: null, contexts: {} });
    chmodSync(contextsFile(), 0o644);
    expect(() => readContexts()).toThrow(/others can read .*: chmod 600/);
  });
});
