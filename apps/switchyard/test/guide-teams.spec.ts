import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { ROOT } from './gateway-process.js';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/teams-and-roles.md', import.meta.url), 'utf8');
const [, HELPER = ''] = /```sh helper\n([^]*?)```/.exec(GUIDE) ?? [];
const END_OF_STEP = '--- end of step ---';

/** Each command of the guide with the lines that it is said to print, in this order. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```text\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, lines: answer.trim().split('\n') }),
);

let gateway: Gateway;
let upstream: McpDouble;

beforeAll(async () => {
  upstream = await startMcpDouble({
    name: 'weather',
    tools: [{ name: 'echo', description: 'Says it', inputSchema: { type: 'object' } }],
    call: ({ arguments: { text } }) => `"content":[{"type":"text","text":${JSON.stringify(text)}}]`,
  });
  gateway = await startGateway({ mode: 'embedded' });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

it('the guide to teams and roles does as it says when its commands are run one after the other', async () => {
  onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
  const { PATH = '' } = process.env;
  const env = {
    PATH,
    GATEWAY: gateway.url,
    ADMIN: gateway.adminToken,
    UPSTREAM: upstream.url,
    SWITCHYARD_URL: gateway.url,
    SWITCHYARD_TOKEN: gateway.adminToken,
  };
  const switchyard = `switchyard() { '${process.execPath}' '${join(ROOT, 'scripts', 'start.mjs')}' "$@"; }`;
  const script = [switchyard, HELPER, ...steps.map(({ command }) => `${command}\necho; echo '${END_OF_STEP}'`)].join(
    '\n',
  );
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env, timeout: 240_000 });
  const answers = stdout.split(END_OF_STEP);

  expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.']);
  for (const [index, { title, lines }] of steps.entries()) {
    let rest = answers[index] ?? '';
    for (const line of lines) {
      expect(rest, title).toContain(line);
      rest = rest.slice(rest.indexOf(line) + line.length);
    }
  }
});
