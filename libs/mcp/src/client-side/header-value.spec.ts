import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from './header-value.js';

describe('encodeHeaderValue', () => {
  // https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
  it.each([
    ['us-west1', 'us-west1'],
    ['two words', 'two words'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['=?base64?unfinished', '=?base64?unfinished'],
    ['', '=?base64??='],
    ['\u0000', '=?base64?AA==?='],
    ['evil\r\nAuthorization: x', '=?base64?ZXZpbA0KQXV0aG9yaXphdGlvbjogeA==?='],
  ])('encodeHeaderValue %j → %s', (value, expected) => {
    expect(encodeHeaderValue(value)).toBe(expected);
  });
});
