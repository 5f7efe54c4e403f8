import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayProcess, ROOT, pause, type ProcessSettings, processesAt, temporaryFolder } from './gateway-process.js';

let folder: ReturnType<typeof temporaryFolder>;
const started: GatewayProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const gateway of started.splice(0)) await gateway.kill('SIGKILL');
  folder.remove();
});

const start = async (env: Record<string, string> = {}, settings: ProcessSettings = {}): Promise<GatewayProcess> => {
  const gateway = await GatewayProcess.start({ cwd: folder.path, env, ...settings });
  started.push(gateway);
  return gateway;
};
const statusOf = async (gateway: GatewayProcess, path: string): Promise<number> =>
  (await fetch(`${gateway.url}${path}`)).status;
/** A request whose body never comes: in hand for as long as its socket is open. */
const hang = async (gateway: GatewayProcess): Promise<void> => {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'POST /v1/gateways HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
  );
  await pause(200);
};

describe('a gateway with nothing but Node', () => {
  it('a gateway with nothing but Node starts, makes strong secrets for its owner alone, and stops everything on Ctrl-C', async () => {
    const gateway = await start();
    await gateway.ready();
    const statuses = () =>
      Promise.all(['/health', '/ready', '/version', '/docs-json'].map((path) => statusOf(gateway, path)));
    // A busy machine's database is late for a moment, and `/ready` says so.
    await expect.poll(statuses).toEqual([200, 200, 200, 200]);
    const secrets = join(folder.path, '.switchyard', 'secrets.json');
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const values = Object.values(JSON.parse(readFileSync(secrets, 'utf8')) as Record<string, string>);
    expect(values.length).toBeGreaterThanOrEqual(2);
    expect(processesAt(folder.path).length).toBeGreaterThan(1);

    expect(await gateway.kill('SIGINT')).toBe(0);
    await expect.poll(() => processesAt(folder.path)).toEqual([]);
    for (const value of values) expect(gateway.stdout + gateway.stderr).not.toContain(value);
    expect(gateway.stderr.trim().split('\n').at(-1)).toContain('"msg":"stopped"');
  });

  it('a gateway with nothing but Node starts again after kill -9, with the same secrets, and leaves no orphans, npm start neither', async () => {
    const secrets = join(folder.path, '.switchyard', 'secrets.json');
    const first = await start();
    await first.ready();
    const before = readFileSync(secrets, 'utf8');
    for (const npm of [false, true]) {
      await started.at(-1)?.kill('SIGKILL');
      const SWITCHYARD_DATA_DIR = join(folder.path, '.switchyard');
      const again = await start({ SWITCHYARD_DATA_DIR }, { npm, ...(npm && { cwd: ROOT }) });
      await again.ready();
      expect(await statusOf(again, '/ready')).toBe(200);
    }
    expect(readFileSync(secrets, 'utf8')).toBe(before);
    expect(await started.at(-1)?.kill('SIGTERM')).toBe(0);
    await expect.poll(() => processesAt(folder.path)).toEqual([]);
  });

  it('a gateway with nothing but Node stops in the middle of its start, and starts afterwards', async () => {
    for (const afterMs of [300, 700, 1_200]) {
      const gateway = await start();
      await pause(afterMs);
      expect([0, null]).toContain(await gateway.kill('SIGTERM'));
      await expect.poll(() => processesAt(folder.path)).toEqual([]);
    }
    const gateway = await start();
    await gateway.ready();
  });

  it('a gateway with nothing but Node refuses a data folder that another one uses, in one line', async () => {
    const first = await start();
    await first.ready();
    const second = await start();
    expect((await second.ended).code).toBe(1);
    expect(second.stderr).toMatch(
      /^switchyard: .*\.switchyard is in use by another gateway \(process \d+\); stop it, or set SWITCHYARD_DATA_DIR.*\n$/,
    );
    expect(await statusOf(first, '/ready')).toBe(200);
  });

  it('a gateway with nothing but Node finishes what is in hand, but not beyond its time to stop', async () => {
    const gateway = await start({ SHUTDOWN_TIMEOUT_MS: '1500' });
    await gateway.ready();
    await hang(gateway);
    const startedAtMs = Date.now();
    expect(await gateway.kill('SIGTERM')).toBe(1);
    expect(Date.now() - startedAtMs).toBeGreaterThan(1_000);
    expect(gateway.stderr).toContain('switchyard: not stopped within 1500 ms');
  });

  it('a gateway with nothing but Node leaves at once on a second signal, but takes the echo of the first one for what it is', async () => {
    const gateway = await start();
    await gateway.ready();
    await hang(gateway);
    gateway.child.kill('SIGINT');
    gateway.child.kill('SIGINT');
    await pause(800);
    expect(gateway.child.exitCode).toBeNull();
    expect(await gateway.kill('SIGINT')).toBe(1);
    expect(gateway.stderr).toContain('switchyard: SIGINT a second time');
  });

  it('a gateway with nothing but Node cuts off a client that sends its head too slowly', async () => {
    const gateway = await start();
    await gateway.ready();
    const socket = connect(gateway.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write('GET /health HTTP/1.1\r\n');
    // It would go on for ever.
    const dripping = setInterval(() => socket.write('X-Drip: a\r\n'), 2_000);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
