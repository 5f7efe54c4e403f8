import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GivenGateway, givenGateway, showLogsOnFailure } from './traffic/given-gateway.js';
import { Registering, lostBy } from './traffic/registering.js';

const folder = temporaryFolder('killed');
let given: GivenGateway;

beforeAll(async () => {
  given = await givenGateway({ mode: 'embedded', env: { SWITCHYARD_DATA_DIR: folder } }, 20, () => ({
    socketDir: join(realpathSync(folder), 'postgres', 'run'),
  }));
});
afterAll(async () => {
  await given?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => showLogsOnFailure(() => given));

describe('an embedded gateway', () => {
  it('an embedded gateway has a record of all that it executed, however often it is killed', {
    timeout: 120_000,
  }, async () => {
    const traffic = await given.traffic({ modern: 5, legacy: 2, pauseMs: 50 });
    const registering = new Registering(given.gateway, given.ledger.url, 'under-fire');
    for (let kills = 0; kills < 3; kills++) {
      await traffic.goesOn(10);
      await registering.goesOn();
      await given.kill('switchyard');
      await given.gateway.restart('switchyard');
    }
    await traffic.goesOn(10);
    const calls = await traffic.stop();
    const acknowledged = await registering.stop();

    await given.agreesWith(calls);
    expect(registering.wrong).toEqual([]);
    expect(await lostBy(given.gateway.url, given.gateway.adminToken, acknowledged)).toEqual([]);
  });
});
