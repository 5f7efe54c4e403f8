import { describe, expect, it } from 'vitest';
import {
  HEADER_VALUE_CHARS_MAX,
  VARIABLE_VALUE_CHARS_MAX,
  decidesCode,
  isHeaderName,
  isHeaderValue,
  isReservedHeader,
  isVariableName,
  isVariableValue,
} from './upstream-credential.rules.js';

describe('the rules of upstream credentials', () => {
  it.each<[string, (text: string) => boolean, string[], string[]]>([
    [
      'isHeaderName',
      isHeaderName,
      ['Authorization', 'X-Api-Key', 'x_1'],
      ['', 'A B', 'A:', 'Ä', 'a\n', 'x'.repeat(129)],
    ],
    [
      'isHeaderValue',
      isHeaderValue,
      ['', 'Bearer x', 'a\tb', 'x'.repeat(HEADER_VALUE_CHARS_MAX)],
      ['a\r\nb', 'a\0', 'é', 'x'.repeat(HEADER_VALUE_CHARS_MAX + 1)],
    ],
    [
      'isReservedHeader',
      isReservedHeader,
      ['Host', 'content-type', 'Mcp-Session-Id', 'proxy-authorization', 'TraceState', 'Expect', 'Accept-Encoding'],
      ['Authorization', 'Cookie', 'X-Host', 'Accept-Language'],
    ],
    ['isVariableName', isVariableName, ['API_KEY', '_a1'], ['', '1A', 'A=B', 'A B', 'Ä', 'A'.repeat(129)]],
    [
      'isVariableValue',
      isVariableValue,
      ['', 'line\nline', 'é', 'x'.repeat(VARIABLE_VALUE_CHARS_MAX)],
      ['a\0', 'x'.repeat(VARIABLE_VALUE_CHARS_MAX + 1)],
    ],
    [
      'decidesCode',
      decidesCode,
      ['PATH', 'path', 'NODE_OPTIONS', 'LD_PRELOAD', 'dyld_insert_libraries', 'BASH_ENV'],
      ['API_KEY', 'MY_PATH', 'LDAP_URL'],
    ],
  ])('%s accepts and refuses as the specifications say', (_name, rule, accepted, refused) => {
    for (const text of accepted) expect(rule(text), text.slice(0, 40)).toBe(true);
    for (const text of refused) expect(rule(text), text.slice(0, 40)).toBe(false);
  });
});
