import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { CallLog } from './execution/call-log.js';
import { toolInvocationOptions } from './tool-invocation.config.js';
import { settingsOf } from './tool-invocation.settings.js';

const CALL = { method: 'tools/call', exposedName: 'slow', principal: { id: 'ann@example.com', tokenId: null } };
const RECORD = {
  outcome: 'ok',
  waitedMs: 1,
  upstreamMs: 70,
  latencyMs: 72,
  traceId: null,
  errorCode: null,
  rule: null,
};

it.each([
  ['true', '70', ['a call was slow']],
  ['true', '72', []],
  ['false', '70', []],
])(
  'a slow call has a line in the log when PERFORMANCE_TRACKING_ENABLED is %s and its threshold %s',
  (enabled, ms, lines) => {
    const env = { PERFORMANCE_TRACKING_ENABLED: enabled, PERFORMANCE_THRESHOLD_TOOL_INVOCATION_MS: ms };
    const settings = settingsOf(parseConfig(toolInvocationOptions, env), { embedded: true, dataDir: '/nowhere' });
    const written: string[] = [];
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written.push((JSON.parse(chunk.toString()) as { msg: string }).msg);
        done();
      },
    });
    const log = new CallLog(createLogger({ service: 'test', level: 'info', destination }), settings.slowMs);
    log.settled(CALL as unknown as UpstreamCall, RECORD as unknown as CallRecord, undefined);
    expect(written).toEqual(lines);
  },
);
