import { describe, expect, it } from 'vitest';
import { previewPasted, readPasted } from './pasted.ts';

describe('readPasted', () => {
  it.each([
    ['https://mcp.linear.app/sse', 'linear'],
    ['https://weather.example.com/mcp', 'weather'],
    ['http://127.0.0.1:3001/mcp', '127-0-0-1-3001'],
    ['http://localhost/mcp', 'localhost'],
  ])('readPasted names an upstream by its address when it is %s', (url, name) => {
    expect(readPasted(`  ${url}\n`)).toEqual([{ name, url, transport: 'AUTO' }]);
  });

  it.each([
    [
      'npx -y @modelcontextprotocol/server-filesystem /tmp',
      'filesystem',
      'npx',
      ['-y', '@modelcontextprotocol/server-filesystem', '/tmp'],
    ],
    ['uvx mcp-server-git@1.2 --repository "my repo"', 'git', 'uvx', ['mcp-server-git@1.2', '--repository', 'my repo']],
    ["node './a b/server.js' ''", 'node', 'node', ['./a b/server.js', '']],
  ])('readPasted takes a command apart when it is %s', (line, name, command, args) => {
    expect(readPasted(line)).toEqual([{ name, transport: 'STDIO', command, args }]);
  });

  it('readPasted takes variables before a command as its environment', () => {
    expect(readPasted('TOKEN=a=b DEBUG= server-x')).toEqual([
      { name: 'x', transport: 'STDIO', command: 'server-x', args: [], env: { TOKEN: 'a=b', DEBUG: '' } },
    ]);
  });

  it('readPasted reads all servers of an mcp.json when it has comments and trailing commas', () => {
    const text = `{
      // mine
      "servers": {
        "one": { "command": "x", "args": ["a"], "env": { "K": "v" }, "cwd": "/srv" },
        "two": { "type": "sse", "url": "https://two.example/sse", "headers": { "X-Key": "k" } },
      },
    }`;
    expect(readPasted(text)).toEqual([
      { name: 'one', transport: 'STDIO', command: 'x', args: ['a'], env: { K: 'v' }, cwd: '/srv' },
      {
        name: 'two',
        url: 'https://two.example/sse',
        transport: 'SSE',
        authType: 'authheaders',
        authHeaders: [{ key: 'X-Key', value: 'k' }],
      },
    ]);
  });

  it.each([
    ['', 'Paste a URL'],
    ['ftp://example.com', 'http: or https:'],
    ['cat a | sh', 'no shell'],
    ['A=1', 'no command'],
    ['{ "mcpServers": {} }', 'names no server'],
    ['{ "mcpServers": { "x": {} } }', 'neither a command nor a url'],
    ['{\n  "a": ]\n}', 'line 2'],
    ['{ "mcpServers": { "x": { "command": "y", "env": { "K": "${input:key}" } } } }', '${input:key} of "x"'],
  ])('readPasted says what is wrong when it is %j', (text, words) => {
    expect(() => readPasted(text)).toThrow(words);
  });
});

it('previewPasted shows each server by itself when one of them cannot be read', () => {
  const text =
    '{"mcpServers":{"good":{"url":"https://a.example/mcp"},"bad":{"command":"x","env":{"K":"${input:key}"}},"odd":7}}';
  expect(previewPasted(text)).toMatchObject([
    { name: 'good', body: { url: 'https://a.example/mcp' }, problem: null },
    { name: 'bad', body: null, problem: expect.stringContaining('${input:key}') },
    { name: 'odd', body: null, problem: '"odd" has neither a command nor a url' },
  ]);
  expect(() => previewPasted('{')).toThrow(/no valid JSON/);
});
