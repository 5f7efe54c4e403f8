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

/** One file of each client, in its own spelling: what comes of it. */
const FILES: readonly (readonly [client: string, name: string, text: string, entries: readonly object[]])[] = [
  [
    'Claude Desktop and Cursor',
    'claude_desktop_config.json',
    `{"mcpServers":{"local":{"command":"npx","args":["-y","some-server"],"env":{"TOKEN":"x"}},"bare":{"command":"server"},
      "remote":{"url":"https://a.example/mcp","type":"http","headers":{"Authorization":"Bearer x"}}}}`,
    [
      { body: { name: 'local', transport: 'STDIO', command: 'npx', args: ['-y', 'some-server'], env: { TOKEN: 'x' } } },
      { body: { name: 'bare', transport: 'STDIO', command: 'server', args: [] } },
      {
        body: {
          name: 'remote',
          transport: 'STREAMABLEHTTP',
          url: 'https://a.example/mcp',
          authType: 'authheaders',
          authHeaders: [{ key: 'Authorization', value: 'Bearer x' }],
        },
      },
    ],
  ],
  [
    'VS Code, with comments and trailing commas',
    '.vscode/mcp.json',
    `// servers of this project
    { "inputs": [],
      "servers": {
        "files": { "type": "stdio", "command": "\${workspaceFolder}/bin/files", "args": ["\${env:REGION}",], /* here */ },
        "web": { "type": "http", "url": "https://web.example/mcp", "gallery": true, "version": "1.0" },
      },
    }`,
    [
      { body: { name: 'files', transport: 'STDIO', command: '<dir>/bin/files', args: ['eu'] } },
      { body: { name: 'web', transport: 'STREAMABLEHTTP', url: 'https://web.example/mcp' } },
    ],
  ],
  [
    'settings of VS Code',
    'settings.json',
    `{"editor.tabSize":2,"mcp":{"inputs":[],"servers":{"one":{"command":"x"}}},"mcp.servers":{"two":{"command":"y"}}}`,
    [
      { body: { name: 'two', transport: 'STDIO', command: 'y', args: [] } },
      { body: { name: 'one', transport: 'STDIO', command: 'x', args: [] } },
    ],
  ],
  [
    'Zed',
    'settings.json',
    `{"theme":"One","context_servers":{
      "new":{"source":"custom","enabled":true,"command":"x","args":["y"],"env":{}},
      "old":{"command":{"path":"x","args":["z"],"env":{"A":"b"}},"settings":{}},
      "off":{"source":"custom","enabled":false,"command":"x"},
      "extension":{"source":"extension","settings":{"token":"s3cret"}}}}`,
    [
      { body: { name: 'new', transport: 'STDIO', command: 'x', args: ['y'] } },
      { body: { name: 'old', transport: 'STDIO', command: 'x', args: ['z'], env: { A: 'b' } } },
      { name: 'off', problem: 'is disabled in the file' },
      { name: 'extension', problem: 'is an extension of its client' },
    ],
  ],
  [
    'opencode',
    'opencode.jsonc',
    `{"$schema":"https://opencode.ai/config.json","mcp":{
      "local":{"type":"local","command":["bun","x","server"],"environment":{"A":"{env:REGION}"},"enabled":true},
      "remote":{"type":"remote","url":"https://r.example/mcp","headers":{"Authorization":"Bearer {env:TOKEN}"},"oauth":false},
      "off":{"type":"local","command":["x"],"enabled":false},
      "signed":{"type":"remote","url":"https://s.example/mcp","oauth":{"clientId":"c"}},
      "servers":{"type":"local","command":["y"]}}}`,
    [
      { body: { name: 'local', transport: 'STDIO', command: 'bun', args: ['x', 'server'], env: { A: 'eu' } } },
      {
        body: {
          name: 'remote',
          transport: 'AUTO',
          url: 'https://r.example/mcp',
          authType: 'authheaders',
          authHeaders: [{ key: 'Authorization', value: 'Bearer t0ken' }],
        },
      },
      { name: 'off', problem: 'is disabled in the file' },
      { name: 'signed', problem: 'has oauth, which is not read here' },
      { body: { name: 'servers', transport: 'STDIO', command: 'y', args: [] } },
    ],
  ],
  [
    'Claude Code, with projects',
    '.claude.json',
    `{"numStartups":7,"mcpServers":{"user":{"type":"stdio","command":"u","args":[],"env":{}}},
      "projects":{
        "/srv/one":{"allowedTools":[],"disabledMcpServers":["quiet"],"mcpServers":{
          "db":{"type":"stdio","command":"\${workspaceFolder}/db"},"quiet":{"command":"q"},"user":{"type":"stdio","command":"u","args":[],"env":{}}}},
        "/srv/two":{"mcpServers":{"db":{"type":"stdio","command":"other"}}},
        "/srv/none":{}}}`,
    [
      { body: { name: 'user', transport: 'STDIO', command: 'u', args: [] } },
      { body: { name: 'db', transport: 'STDIO', command: '/srv/one/db', args: [] } },
      { name: 'quiet', problem: 'is switched off by disabledMcpServers of the file' },
      { name: 'db', problem: 'has the name of another server of the file' },
    ],
  ],
  [
    'Codex',
    '.codex/config.toml',
    `model = "o5" # a comment
     [mcp_servers.docs]
     command = "npx"
     args = ["-y", "docs"]
     env = { KEY = "v" }
     env_vars = ["REGION", "NOT_SET"]
     startup_timeout_sec = 20
     tool_timeout_sec = 1.5
     [mcp_servers.web]
     url = "https://w.example/mcp"
     bearer_token_env_var = "TOKEN"
     http_headers = { "X-Team" = "red" }
     env_http_headers = { "X-Region" = "REGION" }
     [mcp_servers.narrow]
     command = "x"
     enabled_tools = ["read"]
     [mcp_servers.off]
     command = "x"
     enabled = false`,
    [
      {
        body: {
          name: 'docs',
          transport: 'STDIO',
          command: 'npx',
          args: ['-y', 'docs'],
          env: { REGION: 'eu', KEY: 'v' },
          timeoutMs: 1_500,
        },
      },
      {
        body: {
          name: 'web',
          transport: 'AUTO',
          url: 'https://w.example/mcp',
          authType: 'authheaders',
          authHeaders: [
            { key: 'X-Team', value: 'red' },
            { key: 'X-Region', value: 'eu' },
            { key: 'Authorization', value: 'Bearer t0ken' },
          ],
        },
      },
      { name: 'narrow', problem: expect.stringContaining('has enabled_tools: a gateway offers all tools') },
      { name: 'off', problem: 'is disabled in the file' },
    ],
  ],
  [
    'Gemini CLI',
    '.gemini/settings.json',
    `{"mcp":{"excluded":["out"]},"mcpServers":{
      "http":{"httpUrl":"https://g.example/mcp","timeout":5000,"trust":true,"headers":{"K":"$TOKEN"}},
      "sse":{"url":"https://g.example/sse","type":"sse"},
      "out":{"command":"x"},
      "some":{"command":"x","includeTools":["a"]}}}`,
    [
      {
        body: {
          name: 'http',
          transport: 'STREAMABLEHTTP',
          url: 'https://g.example/mcp',
          authType: 'authheaders',
          authHeaders: [{ key: 'K', value: 't0ken' }],
        },
      },
      { body: { name: 'sse', transport: 'SSE', url: 'https://g.example/sse' } },
      { name: 'out', problem: 'is switched off by mcp.excluded of the file' },
      { name: 'some', problem: expect.stringContaining('has includeTools') },
    ],
  ],
  [
    'Windsurf, Cline and Roo',
    'mcp_settings.json',
    `{"mcpServers":{
      "wind":{"serverUrl":"https://b.example/sse","transport":"sse"},
      "cline":{"type":"streamableHttp","url":"https://c.example/mcp","autoApprove":["a"],"disabled":false,"timeout":60},
      "roo":{"command":"x","alwaysAllow":[],"disabledTools":[],"watchPaths":["/a"]},
      "off":{"command":"x","disabled":"true"}}}`,
    [
      { body: { name: 'wind', transport: 'SSE', url: 'https://b.example/sse' } },
      { body: { name: 'cline', transport: 'STREAMABLEHTTP', url: 'https://c.example/mcp' } },
      { body: { name: 'roo', transport: 'STDIO', command: 'x', args: [] } },
      { name: 'off', problem: 'is disabled in the file' },
    ],
  ],
  [
    'Continue, whose servers are a list',
    'config.json',
    '{"mcpServers":[{"name":"listed","command":"x","args":[]}]}',
    [{ body: { name: 'listed', transport: 'STDIO', command: 'x', args: [] } }],
  ],
];

describe('a configuration file', () => {
  it.each(FILES)(
    'a configuration file of %s gives its servers as the API takes them',
    async (_, name, text, expected) => {
      const entries = await read(`\uFEFF${text}`, name);
      const shown = JSON.parse(JSON.stringify(entries).replaceAll(dir, '<dir>')) as typeof entries;
      expect(shown).toEqual(expected.map((entry) => expect.objectContaining(entry)));
      expect(JSON.stringify(shown)).not.toContain('s3cret');
    },
  );

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
    [{ command: 'x', env: { A: 1 } }, 'has an env that is not an object of texts'],
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
  ])('a program starts in its folder when the file says %j', async (said, cwd) => {
    const body = await bodyOf({ command: 'x', ...said });
    expect(body?.cwd?.replace(dir, '<dir>').replace(dirname(dir), '<up>')).toBe(cwd);
  });

  it.each(['auto', 'modern', 'legacy'])('a server is spoken to in the era that the file says: %s', async (era) => {
    expect(await bodyOf({ command: 'x', era })).toMatchObject({ era });
    expect(await bodyOf({ url: 'https://a.example', era })).toMatchObject({ era });
  });

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
