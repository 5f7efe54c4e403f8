import { vi } from 'vitest';

/** What is waited for comes soon on an idle machine, and comes on a busy one. Less than a test has. */
const PATIENCE_MS = 60_000;

const { waitFor, waitUntil } = vi;

/** `vi.waitFor` and `vi.waitUntil` give up after a second where they are told nothing else. */
const patiently = <Options extends { readonly timeout?: number }>(
  options: number | Options = PATIENCE_MS,
): number | (Options & { timeout: number }) =>
  typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options };

vi.waitFor = (callback, options) => waitFor(callback, patiently(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patiently(options));
