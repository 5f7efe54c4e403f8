import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readServerList } from './server-list.js';

let dir: string;
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard clients ')));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ENV = { TOKEN: 't0ken', REGION: 'eu' };
const read = (text: string, name: string) => {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return readServerList(path, { env: ENV, ask: null });
};

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
    // As its page "MCP Servers" exports them, at 250240be of 2026-02-08.
    'MetaMCP',
    'metamcp.json',
    `{"mcpServers":{"HackerNews":{"type":"STDIO","description":"news","command":"uvx","args":["mcp-hn"],"env":{"KEY":"\${TOKEN}"}},
      "old":{"type":"SSE","url":"https://old.example/sse","headers":{"x-tenant":"a"}},
      "new":{"type":"STREAMABLE_HTTP","description":"new","url":"https://new.example/mcp","bearerToken":"secret"}}}`,
    [
      { body: { name: 'HackerNews', transport: 'STDIO', command: 'uvx', args: ['mcp-hn'], env: { KEY: 't0ken' } } },
      {
        body: {
          name: 'old',
          transport: 'SSE',
          url: 'https://old.example/sse',
          authType: 'authheaders',
          authHeaders: [{ key: 'x-tenant', value: 'a' }],
        },
      },
      {
        body: {
          name: 'new',
          transport: 'STREAMABLEHTTP',
          url: 'https://new.example/mcp',
          authType: 'authheaders',
          authHeaders: [{ key: 'Authorization', value: 'Bearer secret' }],
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
    'a plugin of Claude Code, whose servers stand at the root',
    '.mcp.json',
    '{"one":{"command":"x"},"two":{"url":"https://a.example/mcp"},"off":{"command":"y","disabled":true}}',
    [
      { body: { name: 'one', transport: 'STDIO', command: 'x', args: [] } },
      { body: { name: 'two', transport: 'AUTO', url: 'https://a.example/mcp' } },
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

it.each(FILES)(
  'a configuration file of %s gives its servers as the API takes them',
  async (_, name, text, expected) => {
    const entries = await read(`\uFEFF${text}`, name);
    const shown = JSON.parse(JSON.stringify(entries).replaceAll(dir, '<dir>')) as typeof entries;
    expect(shown).toEqual(expected.map((entry) => expect.objectContaining(entry)));
    expect(JSON.stringify(shown)).not.toContain('s3cret');
  },
);
