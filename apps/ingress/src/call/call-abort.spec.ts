import { expect, it, vi } from 'vitest';
import { CallAbort } from './call-abort.js';

it('an abort notifies every listener that is left, once', () => {
  const abort = new CallAbort();
  const heard = { handleEvent: vi.fn() };
  const left = vi.fn();
  const called = vi.fn(() => abort.removeEventListener('abort', heard));
  for (const listener of [called, heard, left]) abort.addEventListener('abort', listener);
  abort.removeEventListener('abort', left);

  abort.abort();
  abort.abort();

  expect(abort.aborted).toBe(true);
  expect(called).toHaveBeenCalledOnce();
  expect(heard.handleEvent).toHaveBeenCalledOnce();
  expect(left).not.toHaveBeenCalled();
});

it('an abort gives a real signal when asked before or after it fires', () => {
  const before = new CallAbort();
  const { signal } = before;
  expect(signal.aborted).toBe(false);
  before.abort();
  expect(signal.aborted).toBe(true);

  const after = new CallAbort();
  after.abort();
  expect(after.signal.aborted).toBe(true);
});
