import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServerList } from './server-list.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard import '));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = (text: string): string => {
  const path = join(dir, 'mcp.json');
  writeFileSync(path, text);
  return path;
};
const entryOf = (server: unknown) => readServerList(file(JSON.stringify({ mcpServers: { a: server } })))[0];

describe('an mcp.json', () => {
  it('gives commands, URLs and headers as the API takes them', () => {
    const text = JSON.stringify({
      mcpServers: {
        local: { command: 'npx', args: ['-y', 'some-server'], env: { TOKEN: 'x' } },
        bare: { command: 'server' },
        remote: { url: 'https://a.example/mcp', type: 'http', headers: { Authorization: 'Bearer x' } },
        old: { serverUrl: 'https://b.example/sse', transport: 'sse' },
        unsure: { url: 'https://c.example/mcp' },
        dashed: { type: 'streamable-http', url: 'https://d.example/mcp' },
        sessions: { url: 'https://e.example/mcp', era: 'legacy' },
        modern: { command: 'server', era: 'modern' },
      },
    });
    expect(readServerList(file(`\uFEFF${text}`)).map(({ body }) => body)).toEqual([
      { name: 'local', transport: 'STDIO', command: 'npx', args: ['-y', 'some-server'], env: { TOKEN: 'x' } },
      { name: 'bare', transport: 'STDIO', command: 'server', args: [] },
      {
        name: 'remote',
        transport: 'STREAMABLEHTTP',
        url: 'https://a.example/mcp',
        authType: 'authheaders',
        authHeaders: [{ key: 'Authorization', value: 'Bearer x' }],
      },
      { name: 'old', transport: 'SSE', url: 'https://b.example/sse' },
      { name: 'unsure', transport: 'AUTO', url: 'https://c.example/mcp' },
      { name: 'dashed', transport: 'STREAMABLEHTTP', url: 'https://d.example/mcp' },
      { name: 'sessions', transport: 'AUTO', url: 'https://e.example/mcp', era: 'legacy' },
      { name: 'modern', transport: 'STDIO', command: 'server', args: [], era: 'modern' },
    ]);
  });

  it("may call its servers as VS Code's does", () => {
    expect(readServerList(file('{"servers":{"a":{"command":"x"}}}'))).toHaveLength(1);
  });

  it.each([
    ['text', 'is not an object'],
    [{}, 'has neither a command nor a url'],
    [{ command: 7 }, 'has a command that is not text'],
    [{ command: 'x', args: 'y' }, 'has args that are not a list of texts'],
    [{ command: 'x', env: { A: 1 } }, 'has an env that is not an object of texts'],
    [{ url: 'not a url' }, 'has a url that is not one'],
    [{ command: 'x', disabledTools: ['wipe'] }, 'has disabledTools, which is not read here'],
    [{ url: 'https://a', oauth: { clientId: 'x' } }, 'has oauth, which is not read here'],
    [{ command: 'x', cwd: '/srv' }, 'has cwd, which is not read here'],
    [{ url: 'https://a', headers: [] }, 'has headers that are not an object of texts'],
    [{ command: 'x', era: 'old' }, 'has an era other than auto, modern and legacy'],
    [{ url: 'https://a', type: 'stdio' }, 'is of the type stdio but has no command'],
    [{ command: 'x', env: { A: '${SECRET}' } }, 'has a ${…} in it; put the value there'],
    [{ command: 'x', disabled: true }, 'is disabled in the file'],
  ])('says of a server why it cannot be registered: %j', (server, problem) => {
    expect(entryOf(server)).toEqual({ name: 'a', problem });
  });

  it.each([
    ['{"mcpServers":{"a":{"env":{"TOKEN":"s3cret"}}', 'is not valid JSON'],
    ['[]', 'has no "mcpServers" object'],
    ['{"mcpServers":[]}', 'has no "mcpServers" object'],
    ['{"mcpServers":{}}', 'names no servers'],
    ['null', 'has no "mcpServers" object'],
  ])('is refused with a sentence when it is not one: %s', (text, problem) => {
    const path = file(text);
    expect(() => readServerList(path)).toThrow(`${path} ${problem}`);
    expect(() => readServerList(path)).not.toThrow('s3cret');
  });

  it('is refused when it is not there', () => {
    expect(() => readServerList(join(dir, 'absent.json'))).toThrow('cannot be read (ENOENT)');
  });
});
