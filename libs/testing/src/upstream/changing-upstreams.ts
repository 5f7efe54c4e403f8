import { fileURLToPath } from 'node:url';

const stdio = (script: URL) => ({
  transport: 'STDIO' as const,
  command: process.execPath,
  args: [fileURLToPath(script)],
});

/**
 * As it is registered: a server of the npm SDK v1. Its tools `add` and `drop` (`name`) change its tools, `touch` its
 * resource `changing://state`; `log` (`text`) logs behind its result. Each answers with its name and its process.
 */
export const CHANGING_SERVER = stdio(new URL('changing-server.ts', import.meta.url));

/**
 * As it is registered: a server of 2026-07-28 that says without a subscription what has changed. Its tool `add` (`name`)
 * adds a tool, `touch` changes its resource `hinting://state`, both with `foreign` under a subscription that is none;
 * `burst` says 500 times that its tools have changed, `reads` how often they were listed; `log` (`text`) logs behind its result.
 */
export const HINTING_SERVER = stdio(new URL('hinting-server.ts', import.meta.url));
