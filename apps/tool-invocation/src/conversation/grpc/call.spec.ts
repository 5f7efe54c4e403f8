import { describe, expect, it, vi } from 'vitest';
import { fail } from '#libs/errors';
import { GRPC_UNAUTHENTICATED, type GrpcMethod } from '#libs/grpc';
import { OpenCall } from '../../call/open-call.js';
import { GrpcCall } from './call.js';

const REFUSED = { code: GRPC_UNAUTHENTICATED, message: 'expired' };

/** A call with an access token, on its way to a server that the test plays. */
const given = ({ isStreaming = false, renew = async () => true } = {}) => {
  const sent: (readonly string[])[] = [];
  const access = {
    tokenId: 'first',
    headers: ['authorization', 'first'],
    redact: (text: string) => text,
    renew: vi.fn(async (_refused: string) => {
      const isRenewed = await renew();
      if (isRenewed) Object.assign(access, { tokenId: 'second', headers: ['authorization', 'second'] });
      return isRenewed;
    }),
  };
  const sender = {
    bytesMax: 1_000,
    send: ({ headers }: { headers: readonly string[] }) => {
      sent.push(headers.slice(0, 2));
      return { heard: true, executed: 'unknown', keeps: () => {}, abandon: () => {} };
    },
  };
  const open = new OpenCall({ principal: { id: 'ada@example.com' } } as never, '{}', '');
  open.deadlineAtMs = performance.now() + 10_000;
  const done = vi.fn();
  const call = new GrpcCall(open, { url: '', senderAt: () => sender, access, registry: {} } as never, done);
  const method = { path: '/a.A/Do', isStreaming, isIdempotent: false, encode: () => Buffer.of(), decode: () => '{}' };
  call.send(method as unknown as GrpcMethod);
  return { call, open, access, sent, done };
};

const bodyOf = async (open: OpenCall): Promise<string> => {
  const step = await open.next();
  return step.kind === 'ended' ? String(step.body) : step.kind;
};

describe('a call whose access token is refused', () => {
  it('a call is sent again with another token when the server refuses the first', async () => {
    const { call, open, access, sent, done } = given();
    call.ended(REFUSED);
    await expect.poll(() => sent.length).toBe(2);
    expect(sent[1]).toEqual(['authorization', 'second']);
    call.received(Buffer.of());
    call.ended({ code: 0, message: '' });
    expect(await bodyOf(open)).toContain('"isError":false');
    expect(access.renew.mock.calls).toEqual([['first']]);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('a call is answered with the status when the other token is refused too', async () => {
    const { call, open, access, sent } = given();
    call.ended(REFUSED);
    await expect.poll(() => sent.length).toBe(2);
    call.ended(REFUSED);
    expect(await bodyOf(open)).toContain('UNAUTHENTICATED: expired');
    expect(access.renew).toHaveBeenCalledTimes(1);
  });

  it('a call is answered with the status when there is no other token', async () => {
    const { call, open, sent } = given({ renew: async () => false });
    call.ended(REFUSED);
    expect(await bodyOf(open)).toContain('UNAUTHENTICATED: expired');
    expect(sent).toHaveLength(1);
  });

  it('a call fails with the reason when none can be had', async () => {
    const { call, open } = given({ renew: () => Promise.reject(fail('auth.unavailable')) });
    call.ended(REFUSED);
    await expect(open.next()).rejects.toMatchObject({ code: 'auth.unavailable' });
  });

  it('a stream is not begun anew when a message of it has come', async () => {
    const { call, open, access } = given({ isStreaming: true });
    call.received(Buffer.of());
    call.ended(REFUSED);
    expect(await bodyOf(open)).toContain('UNAUTHENTICATED: expired');
    expect(access.renew).not.toHaveBeenCalled();
  });

  it('a call is not sent again when its client has gone meanwhile', async () => {
    const { call, open, access, sent } = given();
    call.ended(REFUSED);
    open.fail(fail('bus.cancelled'));
    await access.renew.mock.results[0]?.value;
    await new Promise(setImmediate);
    expect(sent).toHaveLength(1);
  });
});
