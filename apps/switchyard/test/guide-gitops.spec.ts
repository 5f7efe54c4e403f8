import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble, temporaryFolder } from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';

const GUIDE = readFileSync(new URL('../../../docs/guides/gitops.md', import.meta.url), 'utf8');
const files = [...GUIDE.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)].map(([, path = '', text = '']) => ({ path, text }));
const steps = [...GUIDE.matchAll(/## (\d\. .+?)\n[^#]*?```sh\n([^]*?)```\n+```text\n([^]*?)```/g)].map(
  ([, title = '', commands = '', output = '']) => ({ title, commands: commands.trim().split('\n'), output }),
);
const SECRET = 'wt-3f9a-never-printed';
const AS_IN_THE_GUIDE = 'https://weather.example/mcp';

describe('the guide to files', () => {
  let gateway: Gateway;
  let upstream: McpDouble;
  const shown = new Set<string | undefined>();
  const folder = temporaryFolder('gitops-guide');

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replaceAll(AS_IN_THE_GUIDE, upstream.url));
  };
  const run = async (...args: string[]) => {
    const written = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        written[stream] += String(text);
        return true;
      }),
    );
    try {
      return { code: await runCommandLine(args), ...written };
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
  };
  const apply = (path: string, ...more: string[]) => run('apply', '-f', join(folder, path), ...more);
  const namesOf = async (list: string): Promise<string[]> =>
    (await gateway.admin.call<{ name: string }[]>('GET', `/${list}?include_inactive=true`)).map(({ name }) => name);

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'forecast', description: 'Says it', inputSchema: { type: 'object' } }],
      call: () => '"content":[]',
      intercept: ({ req }) => {
        shown.add(req.headers.authorization);
        return false;
      },
    });
    gateway = await startGateway({ mode: 'embedded' });
    for (const { path, text } of files) write(path, text);
    vi.stubEnv('SWITCHYARD_URL', gateway.url);
    vi.stubEnv('SWITCHYARD_TOKEN', gateway.adminToken);
    vi.stubEnv('WEATHER_TOKEN', SECRET);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gateway?.stop();
    await upstream?.stop();
    rmSync(folder, { recursive: true });
  });

  it('the guide has files and steps', () => {
    expect(files).toHaveLength(4);
    expect(steps.map(({ title }) => title[0])).toEqual(['2', '3', '4', '5', '6']);
  });

  it.each(steps)('the guide shows what it says in step $title', async ({ commands, output }) => {
    let printed = '';
    for (const command of commands) {
      const [program, ...args] = command.split(' ');
      if (program !== 'switchyard') {
        execFileSync('sh', ['-c', command], { cwd: folder });
        continue;
      }
      const { code, stdout, stderr } = await run(...args.map((arg) => (arg === 'gateway' ? join(folder, arg) : arg)));
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      printed += stdout;
    }
    expect(printed).toBe(output);
    expect(printed).not.toContain(SECRET);
  });

  it('the upstream is shown what the environment holds, and the server shows the tool', async () => {
    expect([...shown]).toEqual([`Bearer ${SECRET}`]);
    const [server] = await gateway.admin.call<{ associatedTools: string[]; tags: string[] }[]>('GET', '/servers');
    expect(server).toMatchObject({ associatedTools: ['weather-forecast'], tags: ['apply:default'] });
  });

  it('a new secret is given when all credentials are to be', async () => {
    vi.stubEnv('WEATHER_TOKEN', 'wt-the-next-one');
    expect((await apply('gateway', '--yes')).stdout).toMatch(/^0 to make, 0 to change/);
    shown.clear();
    expect((await apply('gateway', '--yes', '--credentials')).stdout).toMatch(/gateways "Weather" {2}updated/);
    expect([...shown]).toContain('Bearer wt-the-next-one');
    vi.stubEnv('WEATHER_TOKEN', SECRET);
  });

  it('what was there before apply is changed, but never removed', async () => {
    await gateway.admin.call('POST', '/prompts', { name: 'by-hand', template: 'Say hello.' });
    write(
      'other/prompts.json',
      '{"prompts":[{"name":"by-hand","template":"Say goodbye."},{"name":"new","template":"x"}]}',
    );
    const first = await apply('other', '--set', 'other', '--yes');
    expect(first.stdout).toContain('~ prompts "by-hand"\n    template: "Say hello." -> "Say goodbye."\n');
    write('other/prompts.json', '{"prompts":[{"name":"third","template":"x"}]}');
    const kept = await apply('other', '--set', 'other', '--dry-run');
    expect(kept.stdout).toContain('  prompts "new" is in no file any more; --prune removes it\n');
    const pruned = await apply('other', '--set', 'other', '--prune', '--yes');
    expect(pruned.stdout).toContain('prompts "new"  removed\n');
    expect((await namesOf('prompts')).sort()).toEqual(['by-hand', 'third']);
    // Nor is what another set has made.
    expect(await namesOf('servers')).toEqual(['Travel']);
  });

  it.each([
    [
      'a variable is not set',
      'prompts: [{name: a, template: "${ENV:NOT_SET_ANYWHERE}"}]',
      /needs the variable NOT_SET_ANYWHERE/,
    ],
    ['a member means nothing', 'prompts: [{name: a, tempalte: x}]', /has "tempalte", which means nothing/],
    ['a type is none', 'agents: [{name: a}]', /has "agents", which is none of/],
    [
      'an entry stands twice',
      'prompts: [{name: a, template: x}, {name: a, template: y}]',
      /one\.yaml: prompts\[1\] stands twice, already as prompts\[0\] in /,
    ],
    ['it is no YAML', 'prompts: [', /is not valid YAML: see line/],
    ['it has nothing', '# nothing', /has nothing to apply/],
  ])('ends with 2 before anything is asked when %s', async (_what, text, problem) => {
    write('bad/one.yaml', text);
    expect(await apply('bad', '--yes')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(problem) });
  });

  it('ends with 2 when it may not ask and was not told to go on', async () => {
    expect(await apply('gateway')).toMatchObject({ code: 2, stderr: expect.stringMatching(/needs --yes/) });
  });

  it('changes nothing and ends with 1 when not all can be applied, and quotes no secret', async () => {
    write(
      'bad/one.yaml',
      `prompts: [{name: fine, template: x}]\ngateways: [{name: odd, url: "ftp://\${ENV:WEATHER_TOKEN}", transport: "\${ENV:WEATHER_TOKEN}"}]`,
    );
    const { code, stdout, stderr } = await apply('bad', '--yes');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^! gateways "odd": its transport "\$\{ENV:WEATHER_TOKEN\}" is not supported$/m);
    expect(stderr).toMatch(/nothing was changed/);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(await namesOf('prompts')).not.toContain('fine');
  });
});
