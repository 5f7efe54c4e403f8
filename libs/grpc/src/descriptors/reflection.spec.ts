import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { reflectionAnswer } from './reflection.js';

const field = (number: number, ...values: Uint8Array[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const value of values) writer.tag(number, WireType.LengthDelimited).bytes(value);
  return writer.finish();
};

describe('an answer of reflection', () => {
  it('an answer has all files in their order when there are several', () => {
    const files = [1, 2, 3].map((byte) => Uint8Array.of(byte));
    expect(reflectionAnswer(field(4, field(1, ...files)))).toEqual({ kind: 'files', files });
  });

  it('an answer has the names of services, or an error', () => {
    const names = ['a.A', 'b.B'].map((name) => field(1, Buffer.from(name)));
    expect(reflectionAnswer(field(6, field(1, ...names)))).toEqual({ kind: 'services', names: ['a.A', 'b.B'] });
    expect(reflectionAnswer(field(7, field(2, Buffer.from('no'))))).toEqual({ kind: 'error', message: 'no' });
  });

  it('an answer is refused when it has more fields than any that is meant to be read', () => {
    const names = Array.from({ length: 10_001 }, () => field(1, Buffer.from('a')));
    expect(() => reflectionAnswer(field(6, field(1, ...names)))).toThrow(/more than 10000 fields/);
  });
});
