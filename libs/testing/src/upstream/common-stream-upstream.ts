import { type ScriptUpstream, startScriptUpstream } from './script-upstream.js';

const SCRIPT = new URL('common-stream-server.ts', import.meta.url);

/**
 * A server of the npm SDK v1 that asks without saying for which call. Tools: `ask` (`canary`, `kind`, `afterMs`), which
 * answers with the canary and with what its client said; `wait`, and `count`, how often its session was called. Its GET
 * streams are open only after `streamAfterMs`.
 */
export const startCommonStreamUpstream = (
  transport: ScriptUpstream['transport'],
  streamAfterMs = 0,
): Promise<ScriptUpstream> => startScriptUpstream(SCRIPT, transport, String(streamAfterMs));
