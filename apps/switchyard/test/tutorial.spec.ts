import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayProcess, processesAt, ROOT, temporaryFolder } from './gateway-process.js';

let folder: ReturnType<typeof temporaryFolder>;
let gateway: GatewayProcess;
beforeEach(async () => {
  folder = temporaryFolder();
  gateway = await GatewayProcess.start({ env: { SWITCHYARD_DATA_DIR: join(folder.path, 'data') } });
  await gateway.ready();
});
afterEach(async () => {
  await gateway.kill('SIGINT');
  expect(processesAt(folder.path)).toEqual([]);
  folder.remove();
});

const MARK = '--- next block ---';

/** The commands of the page, in one shell, as a reader has one. */
const script = (): string => {
  const page = readFileSync(join(ROOT, 'docs', 'tutorial.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  return ['set -euo pipefail', ...blocks.map((block) => `${block}\necho; echo '${MARK}'`)]
    .join('\n')
    .replaceAll('http://127.0.0.1:4444', gateway.url);
};

it('the tutorial does what it says when its commands are run one after the other', async () => {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, SWITCHYARD_DATA_DIR: join(folder.path, 'data') };
  const { stdout } = await promisify(execFile)('bash', ['-c', script()], { cwd: ROOT, env });
  const [token, registered, written, server, read, metrics] = stdout.split(MARK).map((part) => part.trim());
  expect([token, server]).toEqual(['', '']);
  expect(JSON.parse(registered ?? '')).toMatchObject({ name: 'notes', reachable: true, toolCount: 2 });
  expect(written).toMatch(/connected in revision \d{4}-\d\d-\d\d\n(.*\n)*.*notes-read_note(.*\n)+kept "today"$/);
  expect(read).toMatch(/notes-read_note/);
  expect(read).not.toContain('notes-write_note');
  expect(read).toMatch(/the gateway works$/);
  expect(JSON.parse(metrics ?? '')).toHaveProperty('tools');
});

it('the tutorial’s reader gets in nowhere but at the virtual server of the token', async () => {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, SWITCHYARD_DATA_DIR: join(folder.path, 'data') };
  const elsewhere = `${script()}\nSWITCHYARD_TOKEN=$READER node_modules/.bin/node examples/client.mjs ${gateway.url}/mcp`;
  const running = promisify(execFile)('bash', ['-c', elsewhere], { cwd: ROOT, env });
  await expect(running).rejects.toMatchObject({
    stderr: expect.stringContaining('The credential is for one virtual server only'),
  });
});
