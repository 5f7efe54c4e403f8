import { expect, it } from 'vitest';
import { framed } from '#libs/grpc';
import { heldBytes } from '#libs/resilience';
import { GrpcAnswerCollector } from './answer-collector.js';

const MESSAGE_BYTES = 100_000;

it('an answer holds the messages that are kept and what has come of the next', () => {
  const held = heldBytes.claim('ada@example.com');
  let kept = 0;
  const collector: GrpcAnswerCollector = new GrpcAnswerCollector(10 * MESSAGE_BYTES, {
    held,
    received: ({ length }) => collector.keeps((kept += length)),
    ended: () => {},
    failed: (error) => expect.unreachable(error.message),
  });
  const controller = { pause: () => {}, resume: () => {}, abort: () => {} } as never;
  collector.onRequestStart(controller);
  collector.onResponseStart(controller, 200, { 'content-type': 'application/grpc' });
  const frame = framed(Buffer.alloc(MESSAGE_BYTES));
  const half = frame.length / 2;

  collector.onResponseData(controller, Buffer.concat([frame, frame]));
  expect(held.bytes).toBe(2 * MESSAGE_BYTES);
  collector.onResponseData(controller, frame.subarray(0, half));
  expect(held.bytes).toBe(2 * MESSAGE_BYTES + Math.floor(half));
  collector.onResponseData(controller, frame.subarray(half));
  expect(held.bytes).toBe(3 * MESSAGE_BYTES);
  held.release();
});
