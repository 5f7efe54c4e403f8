import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, FrameRefused, framed } from './frames.js';
import { statusIn, statusName, statusOfHttp, timeoutText } from './status.js';

describe('frames', () => {
  it('frames come out as they went in, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        (messages, sizes) => {
          const bytes = Buffer.concat(messages.map(framed));
          const reader = new FrameReader(40);
          const read: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] as number;
            read.push(...reader.push(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(read.map((each) => [...each])).toEqual(messages.map((each) => [...each]));
          expect(reader.pending).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('a frame is refused before it has come when it says that it is too long', () => {
    expect(() => new FrameReader(10).push(Buffer.from([0, 0, 0, 0, 11]))).toThrow(
      expect.objectContaining({ isTooLong: true }),
    );
  });

  it('a frame is refused when it is compressed', () => {
    expect(() => new FrameReader(10).push(Buffer.from([1, 0, 0, 0, 1]))).toThrow(FrameRefused);
  });
});

describe('a status', () => {
  it('a status is read with its message out of percent form and its details', () => {
    const headers = { 'grpc-status': '5', 'grpc-message': 'no%20such%20%E2%80%93', 'grpc-status-details-bin': 'CAU' };
    expect(statusIn(headers)).toEqual({ code: 5, message: 'no such –', details: Buffer.from([8, 5]) });
  });

  it('a status keeps a message that is no percent form as it came', () => {
    expect(statusIn({ 'grpc-status': '2', 'grpc-message': '100%' })?.message).toBe('100%');
  });

  it.each([[{}], [{ 'grpc-status': 'x' }], [{ 'grpc-status': '-1' }], [{ 'grpc-status': '1.5' }]])(
    'a status is none when the headers are %j',
    (headers) => {
      expect(statusIn(headers)).toBeNull();
    },
  );

  it('a status of HTTP stands for one of gRPC', () => {
    expect([401, 404, 503, 500].map((status) => statusName(statusOfHttp(status).code))).toEqual([
      'UNAUTHENTICATED',
      'UNIMPLEMENTED',
      'UNAVAILABLE',
      'UNKNOWN',
    ]);
    expect(statusName(77)).toBe('CODE_77');
  });

  it('a timeout is in milliseconds, at least one, with eight digits at most', () => {
    expect([0.2, 1_500.4, 1e12].map(timeoutText)).toEqual(['1m', '1501m', '99999999m']);
  });
});
