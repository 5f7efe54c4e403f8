import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats } from '#libs/bus';
import { AdmitCaller, type Principal } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { reachNatsServer, spawnSource } from '#libs/testing';
import { CallerAdmission } from './caller-admission.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const REPLICA = new URL('../../testing/src/dying-responder.ts', import.meta.url);

let nats: Awaited<ReturnType<typeof reachNatsServer>>;
beforeAll(async () => {
  nats = await reachNatsServer();
});
afterAll(() => nats?.stop());

describe('a replica of auth that dies with the question', () => {
  it('a replica of auth that dies with the question holds up the caller, but does not turn it away', async () => {
    const bus = await connectNats({ servers: nats.url, name: 'ingress', logger });
    const admission = new CallerAdmission(bus, { ttlMs: 30_000, staleMaxMs: 0, max: 10, authRequired: true });
    const survivor = await connectNats({ servers: nats.url, name: 'auth', logger });
    const dying = spawnSource(REPLICA, [nats.url, 'auth']);
    await once(dying, 'message');
    const admitting = admission.admit('ann');
    await once(dying, 'exit');
    const principal = { id: 'ann', kind: 'user' } as Principal;
    survivor.answer(AdmitCaller, async () => ({ principal, expiresAtMs: Date.now() + 60_000 }));
    await survivor.flush();

    expect(await admitting).toMatchObject({ id: 'ann' });
    admission.close();
    await Promise.all([bus, survivor].map((one) => one.drain()));
  });
});
