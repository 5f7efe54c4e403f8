import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdmitConnector } from '#contracts/auth/connectors/admit-connector.request';
import { type ConnectionNote, NoteConnections } from '#contracts/auth/connectors/note-connection.request';
import { renderPrometheus } from '#libs/telemetry';
import { givenInvocation, type Invocation } from './invocation.js';

let invocation: Invocation;
let stopped: Promise<void> | undefined;
const notes: ConnectionNote[] = [];
const asked = Promise.withResolvers<void>();
const answer = Promise.withResolvers<void>();

beforeAll(async () => {
  invocation = await givenInvocation();
  invocation.bus.answer(AdmitConnector, async () => {
    asked.resolve();
    await answer.promise;
    return { connectorId: 'c1', label: 'office', names: ['weather'], expiresInMs: 60_000 };
  });
  invocation.bus.answer(NoteConnections, async ({ notes: brought }) => {
    notes.push(...brought);
    return { noted: true as const };
  });
});
afterAll(() => stopped ?? invocation.close());

it('a connector is refused, noted and counted when the gateway begins to stop while auth is asked about it', async () => {
  const knocking = request(`${invocation.running.url}/connectors/join?name=weather&place=p1`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      authorization: `Bearer swc_${'x'.repeat(43)}`,
    },
  }).end();
  const refused = once(knocking, 'response');
  await asked.promise;
  stopped = invocation.close();
  answer.resolve();
  const [response] = await refused;
  expect(response.statusCode).toBe(503);
  await expect
    .poll(() => notes)
    .toMatchObject([
      { what: 'refused', connectorId: 'c1', label: 'office', names: ['weather'], reason: 'http.overloaded' },
    ]);
  expect(await renderPrometheus()).toMatch(/^connector_refusals_total\{.*code="http.overloaded".*\} 1$/m);
  await stopped;
});
