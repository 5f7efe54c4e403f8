import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { tellSystemd } from './tell-systemd.js';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-notify-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
/** Node has no sockets of datagrams in the file system, by which systemd is told. */
const LISTEN = `
import socket, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind(sys.argv[1])
print('listening', flush=True)
listening.settimeout(100)
print(listening.recv(4096).decode(), flush=True)
`;

// Where there is no systemd, nobody is to be told; the socket it listens at is made by Python.
it.skipIf(!runs('systemd-notify') || !runs('python3'))(
  'systemd is told that the process serves, and which one it is, when it has started it',
  async () => {
    const socket = join(folder, 'notify');
    const supervisor = spawn('python3', ['-c', LISTEN, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      let said = '';
      supervisor.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      await vi.waitUntil(() => said.includes('listening'));
      vi.stubEnv('NOTIFY_SOCKET', socket);
      await tellSystemd();
      if (supervisor.exitCode === null) await once(supervisor, 'close');
      expect(said.split('\n')).toEqual(expect.arrayContaining(['READY=1', `MAINPID=${process.pid}`]));
    } finally {
      supervisor.kill();
    }
  },
);
