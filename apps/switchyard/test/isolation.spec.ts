import { randomBytes } from 'node:crypto';
import {
  type AskingUpstream,
  type Gateway,
  type GatewayOptions,
  startAskingUpstream,
  startGateway,
} from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  type Endpoint,
  LegacyClient,
  LOGS_WANTED,
  type Talk,
  askModern,
  isQuestion,
} from './isolation/endpoint-client.js';

const PRINCIPALS = 20;
const CLIENTS_EACH = 10;
const ROUNDS = 2;
const TOKEN = 'the same for all';

const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded' },
  'distributed, two replicas': { mode: 'distributed', replicas: 2 },
};

describe.each(Object.keys(modes))('clients of a gateway that is %s', (mode) => {
  let gateway: Gateway;
  let legacy: AskingUpstream;
  let modern: AskingUpstream;
  const paths: string[] = [];
  const tokens: string[] = [];

  beforeAll(async () => {
    legacy = await startAskingUpstream({ era: 'legacy' });
    modern = await startAskingUpstream({ era: 'modern' });
    const env = { REQUIRE_USER_IN_DB: 'false', LIST_PAGE_SIZE: '2' };
    gateway = await startGateway({ ...(modes[mode] as GatewayOptions), env });
    for (const [name, { url }] of Object.entries({ legacy, modern })) {
      const registered = await gateway.admin.register({ name, url });
      const server = await gateway.admin.createServer(`of ${name}`, [registered]);
      paths.push(`/servers/${server.id}/mcp`);
    }
    for (let n = 0; n < PRINCIPALS; n++) tokens.push(await gateway.tokenFor({ email: `user-${n}@example.com` }));
  });
  afterAll(async () => {
    await gateway?.stop();
    await legacy?.stop();
    await modern?.stop();
  });
  const showLogs = (): void => onTestFailed(() => console.error(gateway.logs().slice(-8_000)));

  const endpoint = (principal: number, path = 0): Endpoint => ({
    url: `${gateway.url}${paths[path]}`,
    token: tokens[principal] as string,
  });

  it(`clients of a gateway hear nothing of each other, ${PRINCIPALS * CLIENTS_EACH} at once`, async () => {
    showLogs();
    const clients = Array.from({ length: PRINCIPALS * CLIENTS_EACH }, (_, index) => {
      const principal = index % PRINCIPALS;
      const number = Math.floor(index / PRINCIPALS);
      const at = endpoint(principal, number % 2);
      const canary = (): string => `canary-${principal}-${number}-${randomBytes(8).toString('hex')} `.repeat(20).trim();
      const owner = `user-${principal}`;
      const tool = number % 2 === 0 ? 'legacy-ask' : 'modern-ask';
      return number < CLIENTS_EACH / 2 ? runModern(at, tool, owner, canary) : runLegacy(at, tool, owner, canary);
    });
    const heard = await Promise.all(clients);
    for (const [index, { bytes, canaries }] of heard.entries()) {
      const own = `canary-${index % PRINCIPALS}-${Math.floor(index / PRINCIPALS)}-`;
      const strange = [...bytes.matchAll(/canary-\d+-\d+-[0-9a-f]*/g)]
        .map(([found]) => found)
        .filter((found) => !found.startsWith(own));
      expect(strange).toEqual([]);
      // Progress, log, question and answer, with each of the canaries.
      for (const canary of canaries)
        expect(bytes.split(canary).length - 1).toBeGreaterThanOrEqual(canary.includes('answer') ? 1 : 4);
    }
    for (const { owners } of legacy.sessions.values()) expect(owners.size).toBeLessThanOrEqual(1);
    expect(legacy.waiting).toBe(0);
  });

  it('clients of a gateway can do nothing with the cursor of another', async () => {
    const { nextCursor } = (await (await askModern(endpoint(0), 'tools/list')).answer()).result;
    const statuses = async (at: Endpoint, cursor: string, method = 'tools/list') => {
      const { error, result } = await (await askModern(at, method, { cursor })).answer();
      return error?.code ?? result.tools.length;
    };
    expect(await statuses(endpoint(0), nextCursor)).toBe(2);
    expect(await statuses(endpoint(1), nextCursor)).toBe(-32602);
    expect(await statuses(endpoint(0, 1), nextCursor)).toBe(-32602);
    expect(await statuses(endpoint(0), nextCursor, 'resources/list')).toBe(-32602);
    expect(await statuses(endpoint(0), flipped(nextCursor))).toBe(-32602);
  });

  it.each([0, 1])(
    'clients of a gateway can do nothing with the requestState of another (upstream %i)',
    async (path) => {
      const name = `${['legacy', 'modern'][path]}-ask`;
      const params = { name, arguments: { canary: 'mine', owner: 'user-0' } };
      const { requestState, inputRequests } = (
        await (await askModern(endpoint(0, path), 'tools/call', params)).answer()
      ).result;
      const inputResponses = Object.fromEntries(
        Object.keys(inputRequests).map((key) => [key, { action: 'accept', content: { answer: 'stolen' } }]),
      );
      const retry = async (at: Endpoint, changes: object = {}) =>
        (await askModern(at, 'tools/call', { ...params, requestState, inputResponses, ...changes })).answer();

      const refusals = [
        await retry(endpoint(1, path)),
        await retry(endpoint(0, path), { requestState: flipped(requestState) }),
        await retry(endpoint(0, path), { requestState: '' }),
        await retry(endpoint(0, path), { requestState: 7 }),
        await retry(endpoint(0, path), { name: name.replace('ask', 'count') }),
        await retry(endpoint(0, 1 - path)),
      ];
      for (const { result, error } of refusals) {
        expect(result).toBeUndefined();
        expect(error?.code).toBe(-32602);
      }
      // It is as good as before for whom it was made.
      expect((await retry(endpoint(0, path))).result.content[0].text).toBe('mine stolen');
    },
  );

  it('clients of a gateway can do nothing with the session of another, or with its streams', async () => {
    const owner = await LegacyClient.open(endpoint(0));
    const thief = await LegacyClient.open(endpoint(1));
    const talk = await owner.call('legacy-ask', { canary: 'secret', owner: 'user-0' }, { progressToken: TOKEN });
    const question = await talk.hear(isQuestion);

    for (const foreign of [owner.as(endpoint(1)), owner.as(endpoint(0, 1)), owner.as({ ...endpoint(0), token: 'x' })]) {
      const expected = foreign.at.token === 'x' ? 401 : 404;
      const list = await foreign.post({ id: 1, method: 'tools/list' });
      const notice = await foreign.post({ method: 'notifications/cancelled', params: { requestId: 1 } });
      const streams = [await foreign.listen(), await foreign.listen(talk.eventId ?? '')];
      const statuses = [list, notice, ...streams].map(({ status }) => status);
      expect([...statuses, await foreign.answer(question.id, { answer: 'theft' }), await foreign.end()]).toEqual(
        Array.from({ length: 6 }, () => expected),
      );
    }
    // From a session of one's own as well: neither the event, nor the question, nor the call is there.
    const replay = await thief.listen(talk.eventId ?? '');
    expect(await thief.answer(question.id, { answer: 'theft' })).toBe(202);
    await thief.post({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await replay.ended;
    expect(replay.text).not.toContain('secret');

    expect(await owner.answer(question.id, { answer: 'truth' })).toBe(202);
    expect((await talk.answer()).result.content[0].text).toBe('secret truth');
    expect([await owner.end(), await thief.end()]).toEqual([204, 204]);
  });
});

/** With another character in the middle. */
const flipped = (text: string): string => {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
};

interface Heard {
  readonly bytes: string;
  readonly canaries: readonly string[];
}

const runModern = async (at: Endpoint, tool: string, owner: string, newCanary: () => string): Promise<Heard> => {
  const talks: Talk[] = [];
  const canaries: string[] = [];
  const listening = await askModern(at, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  talks.push(listening);
  for (let round = 0; round < ROUNDS; round++) {
    const canary = newCanary();
    const answer = `answer ${newCanary()}`;
    canaries.push(canary, answer);
    const params = { name: tool, arguments: { canary, owner } };
    const meta = { progressToken: TOKEN, ...LOGS_WANTED };
    const asked = await askModern(at, 'tools/call', params, { meta });
    const { inputRequests, requestState } = (await asked.answer()).result;
    const [[key, question]] = Object.entries(inputRequests) as [[string, { params: { message: string } }]];
    expect(question.params.message).toBe(canary);
    const inputResponses = { [key]: { action: 'accept', content: { answer } } };
    const done = await askModern(at, 'tools/call', { ...params, inputResponses, requestState }, { meta });
    expect((await done.answer()).result.content[0].text).toBe(`${canary} ${answer}`);
    talks.push(asked, done);
  }
  listening.leave();
  await Promise.all(talks.map(({ ended }) => ended));
  return { bytes: talks.map(({ text }) => text).join('\n'), canaries };
};

const runLegacy = async (at: Endpoint, tool: string, owner: string, newCanary: () => string): Promise<Heard> => {
  const client = await LegacyClient.open(at);
  const stream = await client.listen();
  const talks = [stream];
  const canaries: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const canary = newCanary();
    const answer = `answer ${newCanary()}`;
    canaries.push(canary, answer);
    const talk = await client.call(tool, { canary, owner }, { progressToken: TOKEN });
    const question = await talk.hear(isQuestion);
    expect(question.params.message).toBe(canary);
    expect(await client.answer(question.id, { answer })).toBe(202);
    expect((await talk.answer()).result.content[0].text).toBe(`${canary} ${answer}`);
    talks.push(talk);
  }
  expect(await client.end()).toBe(204);
  await Promise.all(talks.map(({ ended }) => ended));
  return { bytes: talks.map(({ text }) => text).join('\n'), canaries };
};
