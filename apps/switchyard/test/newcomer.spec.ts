import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, freePort, startMcpDouble } from '#libs/testing';
import { ROOT, processesAt, temporaryFolder } from './gateway-process.js';

const MIB = 1024 * 1024;

interface Manifest {
  readonly bin: { readonly switchyard: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

let folder: ReturnType<typeof temporaryFolder>;
let home: string;
let weather: McpDouble;
let env: Record<string, string>;

/** A command as a newcomer types it, in a folder that has nothing but the installed package. */
const run = (command: string, ...args: readonly string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(command, args, { cwd: home, env, maxBuffer: 64 * MIB }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
const switchyard = (...args: readonly string[]) => run(join(home, 'node_modules/.bin/switchyard'), ...args);

/** As npm lays a package out, with the declared dependencies alone: what is not declared is not found. */
const layOut = (tarball: string): void => {
  const modules = join(home, 'node_modules');
  const own = join(modules, 'switchyard');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  const { bin, dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(own, 'package.json'), 'utf8'),
  ) as Manifest;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const from = join(ROOT, 'node_modules', name);
    if (!existsSync(from)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(from, join(modules, name));
  }
  mkdirSync(join(modules, '.bin'));
  chmodSync(join(own, bin.switchyard), 0o755);
  symlinkSync(join(own, bin.switchyard), join(modules, '.bin/switchyard'));
};

beforeAll(async () => {
  folder = temporaryFolder();
  home = join(folder.path, 'home');
  mkdirSync(home);
  const packed = execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), folder.path], { encoding: 'utf8' });
  layOut(join(folder.path, packed.trim()));
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  env = {
    PATH: `${dirname(process.execPath)}:${PATH}`,
    HOME: home,
    PORT: String(await freePort()),
    NODE_COMPILE_CACHE,
  };
  weather = await startMcpDouble({
    name: 'weather',
    tools: [{ name: 'forecast', description: 'Says it', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"rain"}]',
  });
});
afterAll(async () => {
  await switchyard('down');
  await weather?.stop();
  folder.remove();
});

describe('a newcomer with nothing but the tarball', () => {
  it('each step is one command when up, import, client connect, calls and doctor follow each other', async () => {
    const up = await switchyard('up');
    expect(up, up.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Switchyard \S+ is ready at /) });

    const filesystem = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');
    writeFileSync(
      join(home, 'mcp.json'),
      JSON.stringify({
        mcpServers: {
          weather: { url: weather.url },
          files: { command: process.execPath, args: [filesystem, home] },
          lost: { command: 'no-such-program' },
        },
      }),
    );
    const imported = await switchyard('import', 'mcp.json');
    expect(imported.stdout).toMatch(/ {2}weather +registered: 1 tools/);
    expect(imported.stdout).toMatch(/ {2}files +registered: \d+ tools/);
    expect(imported.stdout).toMatch(/ {2}lost +kept, disabled, to be tried again: /);

    const connecting = await switchyard('client', 'connect', 'cursor');
    expect(connecting, connecting.stderr).toMatchObject({ code: 0 });
    const file = JSON.parse(readFileSync(join(home, '.cursor/mcp.json'), 'utf8')) as {
      mcpServers: { switchyard: { url: string; headers: Record<string, string> } };
    };
    const { url, headers } = file.mcpServers.switchyard;
    const client = new Client({ name: 'cursor', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    expect(await client.callTool({ name: 'weather-forecast', arguments: {} })).toMatchObject({
      content: [{ text: 'rain' }],
    });
    await client.close();

    const calls = async () =>
      JSON.parse((await switchyard('calls', 'ls', '--tool', 'weather-forecast')).stdout) as object[];
    await expect.poll(async () => (await calls()).length, { interval: 500 }).toBe(1);
    expect(await calls()).toMatchObject([{ client: 'cursor', outcome: 'ok' }]);

    const doctor = await switchyard('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/BAD {3}lost +there is no program no-such-program on the PATH\n +→ install it/);
    expect(doctor.stdout.match(/^BAD/gm)).toHaveLength(1);
    expect(doctor.stdout).toMatch(/^ok {4}Cursor +knows the gateway by /m);

    expect(await switchyard('down')).toMatchObject({ code: 0 });
    expect(processesAt(home)).toEqual([]);
  });
});
