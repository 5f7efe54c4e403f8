import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble, temporaryFolder } from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/known-servers.md', import.meta.url), 'utf8');
const [, FILE = ''] = /```yaml\n# mcp-catalog.yml\n([^]*?)```/.exec(GUIDE) ?? [];
const steps = [...GUIDE.matchAll(/## (\d\. .+?)\n[^#]*?```sh\n([^]*?)```\n+```(?:json|text)\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer }),
);
const SHIPPED = readFileSync(new URL('../../../examples/mcp-catalog.yml', import.meta.url), 'utf8');
const IDS = [...SHIPPED.matchAll(/^ {2}- id: (\S+)$/gm)].map(([, id]) => id);
const KEY = 'wk-1234';

describe('the guide to known servers', () => {
  let gateway: Gateway;
  let upstream: McpDouble;
  const folder = temporaryFolder('known-servers-guide');
  const file = join(folder, 'mcp-catalog.yml');

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'forecast', description: 'Says it', inputSchema: { type: 'object' } }],
      call: () => '"content":[]',
      intercept: ({ req, res }) => {
        if (req.headers.authorization === `Bearer ${KEY}`) return false;
        res.writeHead(401).end();
        return true;
      },
    });
    writeFileSync(file, FILE.replace('https://weather.example/mcp', upstream.url));
    gateway = await startGateway({ mode: 'embedded', env: { MCPGATEWAY_CATALOG_FILE: file } });
    vi.stubEnv('SWITCHYARD_URL', gateway.url);
    vi.stubEnv('SWITCHYARD_TOKEN', gateway.adminToken);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gateway?.stop();
    await upstream?.stop();
    rmSync(folder, { recursive: true });
  });

  it('the guide has a file and steps', () => {
    expect(FILE).toContain('catalog_servers');
    expect(steps.map(({ title }) => title[0])).toEqual(['1', '2', '3', '4']);
  });

  it.each(steps)('the guide shows what it says in step $title', async ({ command, answer }) => {
    if (!command.startsWith('switchyard ')) {
      const env = { ...process.env, GATEWAY: gateway.url, TOKEN: gateway.adminToken };
      const { stdout } = await run('sh', ['-c', command], { env });
      expect(JSON.parse(stdout)).toMatchObject(JSON.parse(answer) as object);
      expect(stdout).not.toContain(KEY);
      return;
    }
    let printed = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    const code = await runCommandLine(command.trim().split(' ').slice(1)).finally(() => spy.mockRestore());
    expect(code).toBe(0);
    expect(printed).toBe(answer);
  });

  it('the catalog that ships is read without problems when it takes the place of another', async () => {
    writeFileSync(file, SHIPPED);
    const { servers, problems } = await gateway.admin.call<{ servers: { id: string }[]; problems: string[] }>(
      'GET',
      '/v1/catalog',
    );
    expect(problems).toEqual([]);
    expect(IDS.length).toBeGreaterThan(5);
    expect(servers.map(({ id }) => id)).toEqual(IDS);
  });
});
