import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  DoubleError,
  type Gateway,
  type McpDouble,
  startGateway,
  startMcpDouble,
  temporaryFolder,
} from '#libs/testing';
import { ROOT } from './gateway-process.js';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/approvals.md', import.meta.url), 'utf8');

/** Each command of the guide with what it is said to answer. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer: JSON.parse(answer) as object }),
);

/** A weather server, as it is and as its maker changes it. */
const startWeather = (properties: Readonly<Record<string, object>>, port?: number): Promise<McpDouble> =>
  startMcpDouble({
    name: 'weather',
    ...(port !== undefined && { port }),
    tools: [
      {
        name: 'forecast',
        description: `Tells the weather by ${Object.keys(properties).join(' and ')}.`,
        inputSchema: { type: 'object', properties, required: Object.keys(properties) },
      },
    ],
    call: ({ arguments: given }) => {
      const missing = Object.keys(properties).find((name) => !(name in given));
      if (missing !== undefined) throw new DoubleError(-32602, `${missing} is missing`);
      return '"content":[{"type":"text","text":"rain"}]';
    },
  });

describe('the guide to approvals', () => {
  let gateway: Gateway;
  let server: McpDouble;
  const folder = temporaryFolder('approvals-guide');

  beforeAll(async () => {
    writeFileSync(
      join(folder, 'switchyard'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'scripts', 'start.mjs')}' "$@"\n`,
      { mode: 0o755 },
    );
    server = await startWeather({ city: { type: 'string' } });
    gateway = await startGateway({ mode: 'embedded' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it('the guide to approvals has its six steps', () => {
    expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.']);
  });

  it.each(steps)('the guide to approvals answers as it says in "$title"', async ({ title, command, answer }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    if (title.startsWith('2.')) {
      const { port } = server;
      await server.stop();
      server = await startWeather({ city: { type: 'string' }, unit: { type: 'string' } }, port);
    }
    const env = {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      SWITCHYARD_URL: gateway.url,
      SWITCHYARD_TOKEN: gateway.adminToken,
      SERVER: server.url,
    };
    const { stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
    const said: unknown = JSON.parse(stdout);
    if (typeof said === 'string') expect(said).toBe(answer);
    else expect(said).toMatchObject(answer);
    if (title.startsWith('5.')) expect(stderr).toMatch(/breaking: "unit" is required now[^]*\n\+ {7}"unit"/);
  });
});
