import { execFile } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { ROOT, temporaryFolder } from './gateway-process.js';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/moving-from-contextforge.md', import.meta.url), 'utf8');
const SECRET = 'the-secret-of-the-other';

/** Each command of the guide with the lines that it is said to print. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```text\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({
    title,
    command,
    lines: answer.split('\n').filter((line) => line !== ''),
  }),
);

/** As the other gateway seals it. */
const seal = (headers: object): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', createHash('sha256').update(SECRET).digest(), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(headers)), cipher.final()]);
  return Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url');
};

describe('the guide to moving from ContextForge', () => {
  const folder = temporaryFolder();
  let gateway: Gateway;
  let upstream: McpDouble;
  const shown: (string | undefined)[] = [];

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'echo', description: 'Says it', inputSchema: { type: 'object' } }],
      call: ({ arguments: { text }, headers }) => {
        shown.push(headers.authorization);
        return `"content":[{"type":"text","text":${JSON.stringify(text)}}]`;
      },
    });
    gateway = await startGateway({ mode: 'embedded' });
    const file = {
      version: '2025-11-25',
      entities: {
        tools: [{ name: 'find_order', url: `${new URL(upstream.url).origin}/orders/{id}`, request_type: 'GET' }],
        gateways: [
          {
            name: 'Weather',
            url: upstream.url,
            transport: 'STREAMABLEHTTP',
            auth_type: 'bearer',
            auth_value: seal({ Authorization: 'Bearer tok-8c1f5e' }),
          },
          {
            name: 'Partner',
            url: 'https://partner.example/mcp',
            transport: 'SSE',
            auth_type: 'oauth',
            oauth_config: { grant_type: 'token-exchange', client_id: 'forge' },
          },
        ],
        servers: [{ name: 'Travel', tool_ids: ['weather-echo', 'find-order'], is_active: true }],
        prompts: [{ name: 'weather-ask', template: '' }],
      },
    };
    writeFileSync(join(folder.path, 'export.json'), JSON.stringify(file));
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
    folder.remove();
  });

  it('the guide to moving has its steps', () => {
    expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', 'Be', 'Ov', 'An']);
  });

  it.each(steps)('the guide to moving does as it says in "$title"', async ({ command, lines }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { PATH = '' } = process.env;
    const env = {
      PATH,
      GATEWAY: gateway.url,
      TOKEN: gateway.adminToken,
      SWITCHYARD_URL: gateway.url,
      SWITCHYARD_TOKEN: gateway.adminToken,
      CONTEXTFORGE_SECRET: SECRET,
    };
    const switchyard = `switchyard() { '${process.execPath}' '${join(ROOT, 'scripts', 'start.mjs')}' "$@"; }`;
    const script = `${switchyard}\n${command}`;
    const options = { env, cwd: folder.path, timeout: 240_000 };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], options);
    for (const line of lines) expect(stdout).toContain(line);
  });

  it('the guide to moving has the upstream called with the credential of the file, which nothing has logged', async () => {
    expect(shown).toEqual(['Bearer tok-8c1f5e']);
    expect(gateway.logs()).not.toContain('tok-8c1f5e');
    expect(gateway.logs()).not.toContain(SECRET);
  });
});
