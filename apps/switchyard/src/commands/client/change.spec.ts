import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CLIENTS } from '#libs/client-files';
import { connected, diffOf, disconnected, entryIn, writeClientFile } from './change.js';
import { type WritableClient, isWritable } from './client-path.js';

const TARGET = { name: 'switchyard', url: 'http://127.0.0.1:4444/mcp', token: 'eyJhbGciOi.eyJzdWIiOiJh.c2lnbmF0dXJl' };
const PATH = 'the file';
const writable = CLIENTS.filter(isWritable);
const named = (id: string): WritableClient => writable.find((client) => client.id === id) as WritableClient;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-client-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files of people, with comments and other servers. */
const FILES: Readonly<Record<string, string>> = {
  json: '{\n\t// mine\n\t"theme": "dark",\n\t"mcpServers": {\n\t\t"other": { "command": "x" },\n\t},\n}\n',
  'toml block':
    '# mine\nmodel = "o"\n\n[mcp_servers.other]\ncommand = "x"\n\n[mcp_servers.other.env]\nA = "1"\n\n[tui]\nkeys = true\n',
  'yaml block': '# mine\nmodel: o\nextensions:\n  other:\n    cmd: x # theirs\n\n  third:\n    cmd: y\nlast: 1\n',
};

describe('the files of clients', () => {
  it.each(writable.map((client) => [client.title, client] as const))(
    'the file of %s has the server once when it is connected twice, and is as before when it is disconnected',
    (_title, client) => {
      const before = (FILES[client.file.form] ?? '').replace('mcpServers', client.file.member);
      const once = connected(client, PATH, before, TARGET);
      expect(JSON.stringify(entryIn(client, PATH, once, TARGET.name))).toContain(TARGET.url);
      expect(once).toContain(TARGET.token);
      const twice = connected(client, PATH, once, { ...TARGET, token: 'eyJ.another.one' });
      expect(twice).not.toContain(TARGET.token);
      expect(twice.split(TARGET.url)).toHaveLength(2);
      const after = disconnected(client, PATH, twice, TARGET.name) ?? '';
      expect(entryIn(client, PATH, after, TARGET.name)).toBeUndefined();
      if (client.file.form !== 'json') expect(after.trim()).toBe(before.trim());
      for (const line of before.split('\n').filter((text) => text.includes('mine') || text.includes('theirs')))
        expect(after).toContain(line.trim());
    },
  );

  it.each(writable.map((client) => [client.title, client] as const))(
    'the file of %s is made when there is none',
    (_title, client) => {
      const text = connected(client, PATH, '', TARGET);
      expect(JSON.stringify(entryIn(client, PATH, text, TARGET.name))).toContain(TARGET.token);
    },
  );

  it('a file that cannot be read is told, and nothing of it is quoted', () => {
    for (const [id, text] of [
      ['cursor', '{ "mcpServers": { "a": "s3cret" '],
      ['codex', 'a = "s3cret'],
      ['goose', 'extensions: [ s3cret'],
    ] as const)
      expect(() => connected(named(id), PATH, text, TARGET)).toThrow(/^the file is not valid (?!.*s3cret)/);
  });

  it('a block file is left alone when a change would lose something', () => {
    const inline = 'extensions: { other: { cmd: x } }\n';
    expect(() => connected(named('goose'), PATH, inline, TARGET)).toThrow(/change it by hand/);
    const dotted = 'mcp_servers.switchyard.url = "http://x"\n';
    expect(() => connected(named('codex'), PATH, dotted, TARGET)).toThrow(/change it by hand/);
  });

  it('a diff shows what goes and comes with a little around it, and no secret', () => {
    const before = connected(named('cursor'), PATH, FILES['json'] ?? '', TARGET);
    const diff = diffOf(before, connected(named('cursor'), PATH, before, { ...TARGET, url: 'http://other/mcp' }));
    expect(diff).toMatch(/^- .*4444\/mcp/m);
    expect(diff).toMatch(/^\+ .*other\/mcp/m);
    expect(diff).not.toContain(TARGET.token);
    expect(diff.split('\n').length).toBeLessThan(12);
  });

  it('a file that is written is its owner’s alone, and what was there is kept beside it', () => {
    const path = join(folder, 'deep', 'mcp.json');
    expect(writeClientFile(path, 'one')).toBeNull();
    const backup = writeClientFile(path, 'two');
    expect([readFileSync(path, 'utf8'), readFileSync(backup ?? '', 'utf8')]).toEqual(['two', 'one']);
    expect(statSync(path).mode & 0o077).toBe(0);
    writeFileSync(path, 'three');
    expect(readFileSync(writeClientFile(path, null) ?? '', 'utf8')).toBe('three');
    expect(readdirSync(join(folder, 'deep'))).not.toContain('mcp.json');
  });
});
