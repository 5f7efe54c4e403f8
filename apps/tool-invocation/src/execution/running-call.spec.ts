import { expect, it, vi } from 'vitest';
import type { OpenCall } from '../call/open-call.js';
import type { CallReport } from './call-report.js';
import type { Context } from './deferred-task.js';
import { RunningCall } from './running-call.js';

it.each([
  [true, 'The gateway had no room for the answer in time'],
  [false, expect.not.stringContaining('no room')],
])('a call that ends by its deadline says whether its answer waited for room here: %s', (isWaiting, message) => {
  const cancel = vi.fn<(error: Error) => void>();
  const open = { call: { target: 'up', principal: { id: 'ann' } }, executed: 'yes', held: { isWaiting }, cancel };
  const context = { deadlineAtMs: 0, signal: new AbortController().signal } as unknown as Context;
  const call = new RunningCall(open as unknown as OpenCall, {} as CallReport, context, (running) =>
    running.end('upstream.timed_out', 'the deadline has passed'),
  );
  call.onDue();
  expect(cancel.mock.calls).toEqual([
    [expect.objectContaining({ code: 'upstream.timed_out', executed: 'yes', message }), 'the deadline has passed'],
  ]);
});
