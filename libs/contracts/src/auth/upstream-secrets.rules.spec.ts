import { describe, expect, it } from 'vitest';
import { isMaskedUrl, isQuery, maskArguments, splitQuery } from './upstream-secrets.rules.js';

describe('the query of an upstream URL', () => {
  it.each([
    ['https://a.example/mcp', 'https://a.example/mcp', null],
    ['https://a.example/mcp?', 'https://a.example/mcp?', null],
    ['https://a.example/mcp?key=s3cret', 'https://a.example/mcp?key=*****', 'key=s3cret'],
    ['https://a.example/mcp?a=1&b=&s3cret', 'https://a.example/mcp?a=*****&b=&*****', 'a=1&b=&s3cret'],
    ['https://a.example/?q=ü x?y#token=z', 'https://a.example/?q=*****', 'q=%C3%BC%20x?y'],
    ['https://a.example/mcp?a?b=c', 'https://a.example/mcp?a?b=*****', 'a?b=c'],
    ['https://a.example/mcp#?key=z', 'https://a.example/mcp', null],
  ])('splitQuery takes the values out of %s', (url, shown, query) => {
    expect(splitQuery(url)).toEqual({ shown, query });
    if (query !== null) expect(isQuery(query)).toBe(true);
    expect(isMaskedUrl(shown)).toBe(query !== null);
    expect(splitQuery(shown).shown).toBe(shown);
  });

  it.each(['a b', 'a#b', 'a\r\nb', '', 'x'.repeat(8193)])('isQuery refuses %j', (text) => {
    expect(isQuery(text)).toBe(false);
  });
});

describe('secrets among the arguments of a command', () => {
  it.each<[string[], string[], string[]]>([
    [['--api-key', 'abc123'], ['--api-key', '*****'], ['abc123']],
    [['--api-key=abc123'], ['--api-key=*****'], ['abc123']],
    [['--access-token', 'tok', '--port', '80'], ['--access-token', '*****', '--port', '80'], ['tok']],
    [['-e', 'GITHUB_TOKEN=abc'], ['-e', 'GITHUB_TOKEN=*****'], ['abc']],
    [['--header', 'X-Own: abc'], ['--header', 'X-Own: *****'], ['abc']],
    [['Authorization: Bearer abc'], ['Authorization: *****'], ['Bearer abc']],
    [['postgres://me:pw@db/x'], ['postgres://me:*****@db/x'], ['pw']],
    [['https://a.example/mcp?key=abc&b=2'], ['https://a.example/mcp?key=*****&b=*****'], ['abc', '2']],
    [['--url=https://a.example/?key=abc'], ['--url=https://a.example/?key=*****'], ['abc']],
    [['ghp_abcdefghijklmnopqrstuv'], ['*****'], ['ghp_abcdefghijklmnopqrstuv']],
    [['c0ffee00-1234-4abc-8def-0123456789ab'], ['*****'], ['c0ffee00-1234-4abc-8def-0123456789ab']],
  ])('maskArguments hides what %j holds', (args, masked, secrets) => {
    const found: string[] = [];
    expect(maskArguments(args, (secret) => void found.push(secret))).toEqual(masked);
    expect(found).toEqual(secrets);
    expect(maskArguments(masked)).toEqual(masked);
  });

  it.each([
    [['-y', '@modelcontextprotocol/server-filesystem@2025.7.1', '/srv/data', '--port=8080']],
    [['--api-key', '${API_KEY}', '--header', 'Authorization:${AUTH}']],
    [['run', '-i', '--rm', 'ghcr.io/github/github-mcp-server', 'stdio']],
    [['/opt/servers/everything/dist/index.js', 'https://a.example/mcp']],
  ])('maskArguments leaves %j as it is', (args) => {
    expect(maskArguments(args)).toEqual(args);
  });
});
