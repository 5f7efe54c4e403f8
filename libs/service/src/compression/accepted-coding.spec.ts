import { describe, expect, it } from 'vitest';
import { acceptedCodings } from './accepted-coding.js';

describe('the codings that a client takes', () => {
  it.each([
    [undefined, [], true],
    ['', [], true],
    ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip'], true],
    ['GZip', ['gzip'], true],
    ['x-gzip', ['gzip'], true],
    ['*', ['br', 'zstd', 'gzip'], true],
    ['br;q=0, *', ['zstd', 'gzip'], true],
    ['gzip;q=0.5, br;q=0.8', ['br'], true],
    ['gzip ; q=0.5,zstd;Q=0.5', ['zstd', 'gzip'], true],
    ['identity, gzip;q=0.5', [], true],
    ['identity;q=0.5, gzip;q=0.5', ['gzip'], true],
    ['gzip;q=0', [], true],
    ['deflate', [], true],
    ['identity;q=0, gzip', ['gzip'], false],
    ['gzip, *;q=0', ['gzip'], false],
    ['identity, *;q=0', [], true],
    ['*;q=0', [], false],
    ['gzip;q=2', [], true],
    ['gzip;q=0.1234, br;q=x, zstd;level=3', [], true],
    [`${'deflate,'.repeat(40)}gzip`, [], true],
  ] as const)('the codings of a client are those it likes most when it sends %j', (header, best, plain) => {
    expect(acceptedCodings(header)).toEqual({ best, plain });
  });
});
