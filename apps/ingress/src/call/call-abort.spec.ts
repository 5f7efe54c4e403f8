import { expect, it, vi } from 'vitest';
import { CallAbort } from './call-abort.js';

it('tells everybody who still listens, once', () => {
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

it('gives a real signal to who needs one, before and after', () => {
  const before = new CallAbort();
  const { signal } = before;
  expect(signal.aborted).toBe(false);
  before.abort();
  expect(signal.aborted).toBe(true);

  const after = new CallAbort();
  after.abort();
  expect(after.signal.aborted).toBe(true);
});
