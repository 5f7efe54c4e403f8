import { describe, expect, it } from 'vitest';
import { checkMirror, checkParamMirrors, decodeValue } from './header-mirror.js';

const MISMATCH = expect.objectContaining({ code: 'mcp.header_mismatch' });

describe('an encoded header value', () => {
  it.each([
    ['plain', 'plain'],
    ['=?base64?SGVsbG8=?=', 'Hello'],
    ['=?base64??=', ''],
    ['=?base64?SGVsbG8=', '=?base64?SGVsbG8='],
    ['SGVsbG8=?=', 'SGVsbG8=?='],
    ['=?BASE64?SGVsbG8=?=', '=?BASE64?SGVsbG8=?='],
    ['=?base64?w6k=?=', '\u00e9'],
    ['=?base64?SGVsbG8?=', null],
    ['=?base64?SGVs bG8=?=', null],
    ['=?base64?SGVsbG8_?=', null],
    ['=?base64?/w==?=', null],
  ])('an encoded header value %s is %j', (value, decoded) => {
    expect(decodeValue(value)).toBe(decoded);
  });

  it('an encoded header value is decoded only where the specification says so', () => {
    expect(() => checkMirror({ 'mcp-method': '=?base64?bQ==?=' }, 'mcp-method', 'm', false)).toThrow(MISMATCH);
    expect(() => checkMirror({ 'mcp-name': '=?base64?bQ==?=' }, 'mcp-name', 'm', true)).not.toThrow();
    expect(() => checkMirror({ 'mcp-name': ['m', 'm'] }, 'mcp-name', 'm', true)).toThrow(MISMATCH);
  });
});

describe('mirrored arguments', () => {
  const params = [
    { header: 'Region', path: ['where', 'region'], type: 'string' },
    { header: 'Count', path: ['n'], type: 'integer' },
    { header: 'Dry', path: ['dry'], type: 'boolean' },
  ] as const;
  const check = (args: unknown, headers: Record<string, string>) => () => checkParamMirrors(params, args, headers);

  it('mirrored arguments match by type', () => {
    expect(
      check(
        { where: { region: 'eu' }, n: 42, dry: false },
        { 'mcp-param-region': ' eu ', 'mcp-param-count': '4.2e1', 'mcp-param-dry': 'false' },
      ),
    ).not.toThrow();
    expect(check({ n: null }, {})).not.toThrow();
    expect(check(undefined, {})).not.toThrow();
  });

  it.each([
    [{ where: { region: 'eu' } }, {}],
    [{ where: { region: 'eu' } }, { 'mcp-param-region': 'EU' }],
    [{ n: 42 }, { 'mcp-param-count': '0x2a' }],
    [{ n: 42 }, { 'mcp-param-count': '' }],
    [{ dry: true }, { 'mcp-param-dry': 'True' }],
    [{}, { 'mcp-param-count': '1' }],
    [JSON.parse('{"__proto__":{"n":1}}'), { 'mcp-param-count': '1' }],
  ])('a mirrored argument %j does not match %j', (args, headers) => {
    expect(check(args, headers)).toThrow(MISMATCH);
  });
});
