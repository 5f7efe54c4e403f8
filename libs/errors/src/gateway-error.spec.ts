import { describe, expect, it } from 'vitest';
import { catalogue, fail, fromEnvelope, toEnvelope, toGatewayError } from '#libs/errors';

describe('the catalogue', () => {
  it('the catalogue invents no code in the ranges that belong to JSON-RPC and MCP', () => {
    const known = new Set([-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022, -32001]);
    for (const [code, { rpc }] of Object.entries(catalogue)) {
      expect(known.has(rpc) || rpc > -32000 || rpc < -32768, code).toBe(true);
    }
  });

  it('the catalogue gives every failure an HTTP status and a public sentence', () => {
    for (const [code, { http, message }] of Object.entries(catalogue)) {
      expect(http, code).toBeGreaterThanOrEqual(200);
      expect(http, code).toBeLessThan(600);
      expect(message.length, code).toBeGreaterThan(5);
    }
  });
});

describe('a failure on the bus', () => {
  it('a failure on the bus arrives with code, message, data and what is known of the execution', () => {
    const sent = fail('upstream.timed_out', {
      message: 'slow',
      data: { tool: 'x' },
      executed: 'unknown',
      cause: new Error('inside'),
    });
    const received = fromEnvelope(JSON.parse(JSON.stringify(toEnvelope(sent))));
    expect(received).toMatchObject({
      code: 'upstream.timed_out',
      message: 'slow',
      data: { tool: 'x' },
      executed: 'unknown',
    });
    expect(received.cause).toBeUndefined();
  });

  it('a failure on the bus hides what has no name', () => {
    const envelope = toEnvelope(new Error('password is hunter2'));
    expect(JSON.stringify(envelope)).not.toContain('hunter2');
    expect(envelope.code).toBe('platform.internal');
  });

  it('a failure on the bus survives a code this build does not know', () => {
    expect(fromEnvelope({ code: 'auth.novel' as never, message: 'x' }).code).toBe('platform.internal');
  });

  it('a failure on the bus keeps a named failure as it is', () => {
    const error = fail('registry.name_taken');
    expect(toGatewayError(error)).toBe(error);
  });
});
