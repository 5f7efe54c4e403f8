import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir, openDataDir } from './data-dir.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard data dir '));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lockHeldBy = (pid: number): void => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid, startedAt }));
};

describe('the data folder', () => {
  it('the data folder is made for its owner alone', () => {
    const made = openDataDir(join(dir, 'a', 'b'));
    const others = statSync(made).mode & 0o077;
    expect(others).toBe(process.getuid?.() === 0 ? 0o011 : 0);
  });

  it('the data folder is refused while another process holds it', async () => {
    const other = spawn('sleep', ['30']);
    try {
      lockHeldBy(other.pid as number);
      expect(() => lockDataDir(dir)).toThrow(`process ${other.pid}`);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('the data folder is taken over from a process that was killed', async () => {
    const other = spawn('sleep', ['30']);
    lockHeldBy(other.pid as number);
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    const release = lockDataDir(dir);
    expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('the data folder is taken over when the pid now belongs to another process', () => {
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: 1, startedAt: 'long ago' }));
    lockDataDir(dir)();
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each(['', 'garbage', '{}', 'null'])('the data folder is taken over from a damaged lock: %j', (text) => {
    writeFileSync(join(dir, 'lock'), text);
    lockDataDir(dir)();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('the data folder cannot be taken twice by one process', () => {
    const release = lockDataDir(dir);
    expect(() => lockDataDir(dir)).toThrow('in use');
    release();
    lockDataDir(dir)();
  });

  it('the data folder is not given back by one that has lost it', () => {
    const release = lockDataDir(dir);
    writeFileSync(join(dir, 'lock'), 'of somebody else');
    release();
    expect(readFileSync(join(dir, 'lock'), 'utf8')).toBe('of somebody else');
  });

  it('the data folder says plainly that it cannot be used', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => openDataDir(join(dir, 'file', 'below'))).toThrow(/SWITCHYARD_DATA_DIR: .*ENOTDIR/);
  });
});
