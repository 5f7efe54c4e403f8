import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type A2aDouble, type Gateway, startA2aDouble, startGateway } from '#libs/testing';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/a2a.md', import.meta.url), 'utf8');

/** Each command of the guide with what it is said to answer. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer: JSON.parse(answer) as object }),
);

describe('the guide to A2A', () => {
  let gateway: Gateway;
  let agent: A2aDouble;

  beforeAll(async () => {
    agent = await startA2aDouble({ version: '1.0', wants: 'Bearer my-token' });
    gateway = await startGateway({ mode: 'embedded' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await agent?.stop();
  });

  it('the guide to A2A has its six steps', () => {
    expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.']);
  });

  it.each(steps)('the guide to A2A answers as it says in "$title"', async ({ command, answer }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { PATH = '' } = process.env;
    const env = { PATH, GATEWAY: gateway.url, TOKEN: gateway.adminToken, AGENT: agent.url };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
    expect(JSON.parse(stdout)).toMatchObject(answer);
  });
});
