import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Members } from './members.js';
import { readServerList } from './server-list.js';

let dir: string;
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard import ')));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (text: string, name = 'mcp.json'): string => {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const ENV = { TOKEN: 't0ken', EMPTY: '', REGION: 'eu' };
const read = (text: string, name?: string, ask: ((input: Members) => Promise<string>) | null = null) =>
  readServerList(write(text, name), { env: ENV, ask });
const readOne = async (server: unknown, more: object = {}) =>
  (await read(JSON.stringify({ mcpServers: { a: server }, ...more })))[0];
const bodyOf = async (server: unknown) => (await readOne(server))?.body;

describe('a configuration file', () => {
  it.each([
    ['disabled', true],
    ['disabled', 'true'],
    ['disabled', 'Yes'],
    ['disabled', 1],
    ['disable', true],
    ['isDisabled', '1'],
    ['enabled', false],
    ['enabled', 'false'],
    ['enabled', 'off'],
    ['enabled', 0],
    ['enable', false],
    ['is_active', false],
    ['isActive', 'no'],
    ['active', false],
  ])('a server that is switched off by %s: %j is never registered', async (member, value) => {
    expect(await readOne({ command: 'x', [member]: value })).toEqual({ name: 'a', problem: 'is disabled in the file' });
  });

  it.each([
    ['disabled', false],
    ['disabled', 'false'],
    ['disabled', null],
    ['enabled', true],
    ['enabled', 'on'],
    ['isActive', 1],
  ])('a server that is left on by %s: %j is registered', async (member, value) => {
    expect(await bodyOf({ command: 'x', [member]: value })).toMatchObject({ command: 'x' });
  });

  it.each([
    ['text', 'is not an object'],
    [{}, 'has neither a command nor a url'],
    [{ command: 7 }, 'has a command that is not text'],
    [{ command: 'x', args: 'y' }, 'has args that are not a list of texts'],
    [{ command: 'x', env: { A: {} } }, 'has an env that is not an object of texts'],
    [{ command: 'x', args: [{}] }, 'has args that are not a list of texts'],
    [{ url: 'https://a', headers: { A: 'Bearer $NOT_SET' } }, 'needs the variable NOT_SET, which is not set'],
    [{ command: 'x', cwd: 7 }, 'has a cwd that is not text'],
    [{ url: 'https://a', cwd: '/srv' }, 'has cwd, which only a command can be given'],
    [{ command: 'x', era: 'old' }, 'has an era other than auto, modern and legacy'],
    [{ command: 'x', envFile: 'absent.env' }, 'has an envFile that cannot be read (ENOENT)'],
    [{ command: 'x', headers: { A: 'b' } }, 'has headers, which a command cannot be given'],
    [{ command: 'x', url: 'https://a' }, 'has both a command and a url'],
    [{ command: 'x', disabled: 'perhaps' }, 'has a disabled that is neither true nor false'],
    [{ command: 'x', sandboxEnabled: true }, 'has sandboxEnabled, which is not read here'],
    [{ command: 'x', tools: ['read'] }, expect.stringContaining('has tools: a gateway offers all tools')],
    [
      { command: 'x', disabledTools: ['wipe'] },
      expect.stringContaining('has disabledTools: a gateway offers all tools'),
    ],
    [{ url: 'not a url' }, 'has a url that is not one'],
    [{ url: 'https://a', headers: ['x'] }, 'has headers that are not an object of texts'],
    [{ url: 'https://a', type: 'stdio' }, 'is of the type stdio but has no command'],
    [{ command: 'x', type: 'http' }, 'is of the type http but has no url'],
    [{ url: 'https://a', type: 'ws' }, 'is of the type ws, which upstreams are not reached by'],
    [{ url: 'https://a', env: { A: 'b' } }, 'has env, which only a command can be given'],
    [{ url: 'https://a', oauth: { clientId: 'x' } }, 'has oauth, which is not read here'],
    [{ url: 'https://a', headersHelper: '/bin/x' }, 'has headersHelper, which is not read here'],
    [{ url: 'https://a', headers: { authorization: 'x' }, bearer_token: 'y' }, 'gives the header Authorization twice'],
    [{ command: 'x', args: ['${NOT_SET}'] }, 'needs the variable NOT_SET, which is not set'],
    [{ command: 'x', env: { A: '${command:pick}' } }, 'has ${command:pick} in it, which means nothing here'],
    [{ command: 'x', env: { A: '${input:key}' } }, 'asks for the input "key", and there is no terminal to ask on'],
  ])('a server is left out with the reason when it is %j', async (server, problem) => {
    expect(await readOne(server)).toEqual({ name: 'a', problem });
  });

  it.each([
    [{ headers: { A: 'b' } }, [{ key: 'A', value: 'b' }]],
    [
      { headers: { A: 'Bearer $TOKEN', B: 'a$TOKEN', C: 7, D: null } },
      [
        { key: 'A', value: 'Bearer t0ken' },
        { key: 'B', value: 'a$TOKEN' },
        { key: 'C', value: '7' },
      ],
    ],
    [{ headers: [{ name: 'A', value: 'b' }] }, [{ key: 'A', value: 'b' }]],
    [{ headers: [{ key: 'A', value: 'b' }] }, [{ key: 'A', value: 'b' }]],
    [{ http_headers: { A: 'b' } }, [{ key: 'A', value: 'b' }]],
    [{ requestInit: { headers: { A: 'b' } } }, [{ key: 'A', value: 'b' }]],
    [{ bearerToken: 'x' }, [{ key: 'Authorization', value: 'Bearer x' }]],
    [{ authorization_token: 'Bearer x' }, [{ key: 'Authorization', value: 'Bearer x' }]],
    [{ bearerTokenEnv: 'TOKEN' }, [{ key: 'Authorization', value: 'Bearer t0ken' }]],
  ])('a server is shown its headers when they are spelt %j', async (headers, authHeaders) => {
    expect(await bodyOf({ url: 'https://a.example', ...headers })).toMatchObject({
      authType: 'authheaders',
      authHeaders,
    });
  });

  it.each([
    ['${TOKEN}', 't0ken'],
    ['a-${env:TOKEN}-b', 'a-t0ken-b'],
    ['${NOT_SET:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${TOKEN:-fallback}', 't0ken'],
    ['${NOT_SET:-}', ''],
    ['${TOKEN}${REGION}', 't0keneu'],
    ['$TOKEN', 't0ken'],
    ['cost $5', 'cost $5'],
    ['${userHome}/x', `${homedir()}/x`],
    ['${workspaceFolder}', '<dir>'],
    ['{"json": "{}"}', '{"json": "{}"}'],
  ])('a variable is put in when a text is %j', async (text, expanded) => {
    const body = await bodyOf({ command: 'x', args: [text], env: { A: text } });
    expect(JSON.parse(JSON.stringify(body).replaceAll(dir, '<dir>'))).toMatchObject({
      args: [expanded],
      env: { A: expanded },
    });
  });

  it.each([
    [{ cwd: '/srv/x' }, '/srv/x'],
    [{ working_directory: 'sub' }, '<dir>/sub'],
    [{ workingDirectory: '${workspaceFolder}/..' }, '<up>'],
    [{ cwd: '~/x' }, `${homedir()}/x`],
    [{ args: ['./server.js'] }, '<dir>'],
    [{ args: ['../server.js'] }, '<dir>'],
    [{ args: ['-y', 'files', '.'] }, '<dir>'],
    [{ command: './server' }, '<dir>'],
    [{ args: ['dist/there.js'] }, '<dir>'],
    [{ args: ['dist/not-there.js', '@scope/package', 'https://a.example/', '/srv/x', '--a=./b', '...'] }, undefined],
  ])('a program starts in its folder when the file says %j', async (said, cwd) => {
    write('', 'dist/there.js');
    const body = await bodyOf({ command: 'x', ...said });
    expect(body?.cwd?.replace(dir, '<dir>').replace(dirname(dir), '<up>')).toBe(cwd);
  });

  it.each(['auto', 'modern', 'legacy'])('a server is spoken to in the era that the file says: %s', async (era) => {
    expect(await bodyOf({ command: 'x', era })).toMatchObject({ era });
    expect(await bodyOf({ url: 'https://a.example', era })).toMatchObject({ era });
  });

  it('a program gets numbers and flags as texts, and a variable that is null not at all', async () => {
    write('A=of the file\nB=b\n', 'vars.env');
    const env = { PORT: 3000, DEBUG: true, A: null };
    expect(await bodyOf({ command: 'x', args: ['--port', 3000], envFile: 'vars.env', env })).toMatchObject({
      args: ['--port', '3000'],
      env: { PORT: '3000', DEBUG: 'true', B: 'b' },
    });
    expect((await bodyOf({ command: 'x', envFile: 'vars.env', env }))?.env).not.toHaveProperty('A');
  });

  it.each(['streamable-http', 'streamableHttp', 'streamable', 'http-stream', 'httpStreamable', 'HTTP'])(
    'a server is reached over Streamable HTTP when its type is %s',
    async (type) => {
      expect(await bodyOf({ url: 'https://a.example', type })).toMatchObject({ transport: 'STREAMABLEHTTP' });
    },
  );

  it('an envFile is read beside the file, below what env says', async () => {
    write('A=of the file\nB="quoted" # a comment\n', 'vars.env');
    expect(await bodyOf({ command: 'x', envFile: '${workspaceFolder}/vars.env', env: { A: 'said' } })).toMatchObject({
      env: { A: 'said', B: 'quoted' },
    });
    expect(await bodyOf({ command: 'x', env_file: 'vars.env' })).toMatchObject({ env: { A: 'of the file' } });
  });

  it('an input is asked for once when several servers want it, with what the file says of it', async () => {
    const asked: Members[] = [];
    const text = JSON.stringify({
      inputs: [
        { id: 'key', type: 'promptString', description: 'API key', password: true },
        { id: 'made', type: 'command', command: 'x' },
      ],
      servers: {
        a: { command: 'x', env: { KEY: '${input:key}' } },
        b: { url: 'https://b.example', headers: { Key: '${input:key}' } },
        c: { command: 'x', args: ['${input:made}'] },
      },
    });
    const entries = await read(text, 'mcp.json', async (input) => {
      asked.push(input);
      return 'answer';
    });
    expect(entries).toMatchObject([
      { body: { env: { KEY: 'answer' } } },
      { body: { authHeaders: [{ key: 'Key', value: 'answer' }] } },
      { problem: 'has the answer of a command for the input "made"' },
    ]);
    expect(asked).toMatchObject([{ id: 'key', description: 'API key', password: true }]);
  });

  it.each([
    ['mcp.json', '{"mcpServers":{"a":{"env":{"TOKEN":"s3cret"}}', 'is not valid JSON: CloseBraceExpected in line 1'],
    ['mcp.json', '{\n"mcpServers": s3cret\n}', 'is not valid JSON: InvalidSymbol in line 2'],
    ['mcp.json', '[]', 'has no servers: it is not an object'],
    ['mcp.json', 'null', 'has no servers: it is not an object'],
    ['mcp.json', '', 'is not valid JSON: ValueExpected in line 1'],
    ['mcp.json', '{"mcpServers":[]}', 'has no servers; they are looked for in'],
    ['mcp.json', '{"mcpServers":{}}', 'has no servers; they are looked for in'],
    ['mcp.json', '['.repeat(100_000), 'nests too deep'],
    ['config.yaml', 'mcpServers:\n  a: s3cret', 'is YAML, which is not read here'],
    ['config.toml', '[mcp_servers.a]\ncommand = s3cret', 'is not valid TOML: see line 2'],
  ])('a file is refused with a sentence that quotes nothing: %s, %#', async (name, text, problem) => {
    const failure = await read(text, name).catch((error: Error) => error.message);
    expect(failure).toContain(`${join(dir, name)} ${problem}`);
    expect(failure).not.toContain('s3cret');
  });

  it('a file is refused when it is not there', async () => {
    const absent = join(dir, 'absent.json');
    await expect(readServerList(absent, { env: {}, ask: null })).rejects.toThrow(`${absent} cannot be read (ENOENT)`);
  });
});
