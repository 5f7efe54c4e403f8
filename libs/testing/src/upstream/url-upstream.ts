import { type ScriptUpstream, startScriptUpstream } from './script-upstream.js';

const SCRIPT = new URL('url-server.ts', import.meta.url);

/**
 * A server of the npm SDK v1 that sends users to a URL. Its tool `enter` (`id`) answers -32042 until that was visited,
 * then how often it was run; `ask` (`id`) asks, and answers once the URL was visited, or was not accepted. A visit is
 * announced with the id as that of the elicitation, unless it is made with `?silent`; with `?broken` it does not help.
 */
export const startUrlUpstream = (transport: 'STDIO' | 'STREAMABLEHTTP'): Promise<ScriptUpstream> =>
  startScriptUpstream(SCRIPT, transport);
