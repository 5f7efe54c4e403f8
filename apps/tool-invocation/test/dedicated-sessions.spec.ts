import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClaimSession, ReleaseSession } from '#libs/contracts';
import { type AskingUpstream, startAskingUpstream } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';

let invocation: Invocation;
let upstream: AskingUpstream;
beforeAll(async () => {
  upstream = await startAskingUpstream({ era: 'legacy' });
  invocation = await givenInvocation({ MCP_SESSION_POOL_IDLE_EVICTION: '1' });
});
afterAll(async () => {
  await invocation.close();
  await upstream.stop();
});

const given = async (key: string, renewable: boolean) => {
  const profile = invocation.profile({ url: upstream.url });
  const hold = () => invocation.bus.ask(ClaimSession, { upstreamId: profile.id, key });
  const release = () => invocation.bus.ask(ReleaseSession, { upstreamId: profile.id, key });
  const call = async (capabilities = {}) => {
    const client = { info: null, capabilities, revision: '2025-11-25' };
    const { body = '' } = await invocation.call(profile, 'count', {}, { client, dedicatedSession: { key, renewable } });
    const [session = '', calls] = JSON.parse(body).content[0].text.split(' ');
    return { session, calls: Number(calls) };
  };
  return { hold, release, call };
};
const LOST = { code: 'upstream.session_lost', executed: 'no' };

describe('a dedicated session', () => {
  it('a dedicated session begins when its instance has claimed it, and nowhere else', async () => {
    const { hold, call } = await given('one', false);
    await expect(call()).rejects.toMatchObject(LOST);
    await hold();
    const { session } = await call();
    expect(await call()).toEqual({ session, calls: 2 });
    const other = await given('another', false);
    await other.hold();
    expect((await other.call()).session).not.toBe(session);
  });

  it('a dedicated session is not replaced when the upstream has forgotten it', async () => {
    const { hold, call } = await given('forgotten', false);
    await hold();
    const { session } = await call();
    (upstream.sessions as Map<string, unknown>).delete(session);
    await expect(call()).rejects.toMatchObject(LOST);
    await expect(call()).rejects.toMatchObject(LOST);
    await hold();
    expect((await call()).calls).toBe(1);
  });

  it('a dedicated session is lost as a whole when the part for other capabilities is lost', async () => {
    const { hold, call } = await given('parts', false);
    await hold();
    const { session } = await call();
    await call({ elicitation: {} });
    (upstream.sessions as Map<string, unknown>).delete(session);
    await expect(call()).rejects.toMatchObject(LOST);
    await expect(call({ elicitation: {} })).rejects.toMatchObject(LOST);
  });

  it('a dedicated session is replaced when it is renewable', async () => {
    const { call } = await given('renewable', true);
    const { session } = await call();
    (upstream.sessions as Map<string, unknown>).delete(session);
    expect(await call()).toEqual({ session: expect.not.stringContaining(session), calls: 1 });
  });

  it('a dedicated session ends when it is released or idle for long', async () => {
    const released = await given('released', false);
    const idle = await given('idle', false);
    for (const { hold, call, release } of [released, idle]) {
      await hold();
      const { session } = await call();
      if (release === released.release) await release();
      await expect.poll(() => upstream.sessions.has(session)).toBe(false);
      await expect(call()).rejects.toMatchObject(LOST);
    }
  });
});
