import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { BreakerChanged } from '#contracts/tool-invocation/health/breaker-changed.event';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { fail } from '#libs/errors';
import { type Registry, RegistryBench, prompt, resource, tool, upstream, userOf } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
let replica: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
  replica = await bench.registry(registry.around);
});
afterAll(() => bench.close());

const names = async (gatewayId: string): Promise<string[]> =>
  (await registry.describe()).tools.filter(({ upstreamId }) => upstreamId === gatewayId).map(({ name }) => name);

describe('refreshing a gateway', () => {
  it('a refresh removes nothing of a list when it could not be read to its end', async () => {
    const gateway = await registry.register(
      'Patchy',
      upstream({ tools: [tool('a'), tool('b')], prompts: [prompt('p')] }),
    );
    const refused = [{ list: 'prompts', name: '', reason: 'the list was not to be had' }];
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('a')], incomplete: ['prompts'], refused }));

    const { body } = await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);

    expect(body).toMatchObject({ toolsRemoved: 1, promptsRemoved: 0, validationErrors: refused });
    expect((await registry.describe()).prompts.map(({ name }) => name)).toContain('patchy-p');
  });

  it('a refresh counts what was added, updated and removed, and keeps ids and settings, when the upstream changed', async () => {
    const gateway = await registry.register(
      'Moving',
      upstream({ tools: [tool('stays'), tool('changes'), tool('goes')] }),
    );
    const [stays, changes, goes] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    await registry.ask('PUT', `/tools/${changes.id}`, { customName: 'own' });
    await registry.ask('POST', `/tools/${stays.id}/state?activate=false`);
    const server = await registry.ask('POST', '/servers', {
      server: { name: 'all', associated_tools: [stays.id, changes.id, goes.id] },
    });

    registry.around.upstreams.set(
      gateway.url,
      upstream({ tools: [tool('comes'), tool('changes', ',"title":"new"'), tool('stays')], prompts: [prompt('p')] }),
    );
    const { status, body } = await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      toolsAdded: 1,
      toolsUpdated: 1,
      toolsRemoved: 1,
      promptsAdded: 1,
      resourcesAdded: 0,
      success: true,
    });
    const after = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}&include_inactive=true`)).body;
    expect(after).toMatchObject([
      { id: stays.id, enabled: false, name: 'moving-stays' },
      { id: changes.id, name: 'moving-own', title: 'new' },
      { name: 'moving-comes', enabled: true },
    ]);
    expect((await registry.ask('GET', `/servers/${server.body.id}`)).body.associatedToolIds).toEqual([
      stays.id,
      changes.id,
    ]);
    expect(registry.changes.at(-1)).toMatchObject({
      lists: ['tools', 'prompts'],
      serverIds: [server.body.id],
      upstreamIds: [gateway.id],
    });
  });

  it('a refresh announces nothing when nothing changed', async () => {
    const gateway = await registry.register('Still', upstream({ tools: [tool('t')] }));
    const { revision } = await registry.describe();
    registry.changes.length = 0;
    expect((await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`)).body).toMatchObject({
      toolsAdded: 0,
      toolsUpdated: 0,
    });
    expect(registry.changes).toEqual([]);
    expect((await registry.describe()).revision).toBe(revision);
  });

  it('a refresh leaves a new entry out with the reason when its name is taken', async () => {
    await registry.register('Holder', upstream({ tools: [tool('x')] }), { toolPrefix: 'shared-' });
    const gateway = await registry.register('Later', upstream({ tools: [tool('y')] }), { toolPrefix: 'shared-' });
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('y'), tool('x')] }));
    const { body } = await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(body).toMatchObject({
      toolsAdded: 0,
      validationErrors: [{ list: 'tools', name: 'x', reason: 'the name "shared-x" is taken' }],
    });
    expect(await names(gateway.id)).toEqual(['shared-y']);
  });

  it('a refresh keeps the entries and marks the gateway unreachable when the upstream fails', async () => {
    const gateway = await registry.register('Failing', upstream({ tools: [tool('t')] }));
    registry.around.upstreams.set(gateway.url, fail('upstream.timed_out'));
    registry.stateTopics.length = 0;
    expect(await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`)).toMatchObject({
      status: 504,
      body: { code: 'upstream.timed_out' },
    });
    expect((await registry.ask('GET', `/gateways/${gateway.id}`)).body).toMatchObject({
      reachable: false,
      toolCount: 1,
    });
    expect(await names(gateway.id)).toEqual(['failing-t']);
    await expect.poll(() => registry.stateTopics).toEqual(['gateways']);
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('t')] }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect((await registry.ask('GET', `/gateways/${gateway.id}`)).body.reachable).toBe(true);
  });

  it('a refresh begins once when an upstream announces many changes at once', async () => {
    const gateway = await registry.register('Chatty', upstream({ tools: [tool('a')] }));
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('b')] }));
    registry.around.discoveries.length = 0;
    for (let time = 0; time < 20; time++)
      registry.service.bus.publish(UpstreamListChanged, { upstreamId: gateway.id, list: 'tools' });
    registry.service.bus.publish(UpstreamListChanged, { upstreamId: 'no such gateway', list: 'tools' });
    await vi.waitFor(async () => expect(await names(gateway.id)).toEqual(['chatty-b']), { interval: 50 });
    expect(registry.around.discoveries).toHaveLength(1);
  });

  it('a refresh runs again when an announcement comes to another replica while it runs', async () => {
    const gateway = await registry.register('Busy', upstream({ tools: [tool('v0')] }));
    let version = 0;
    let running = 0;
    let runningMax = 0;
    const { promise: heard, resolve: goOn } = Promise.withResolvers<void>();
    registry.around.upstreams.set(gateway.url, async (): Promise<DiscoveredUpstream> => {
      runningMax = Math.max(runningMax, ++running);
      const seen = version;
      await heard;
      running -= 1;
      return upstream({ tools: [tool(`v${seen}`)] });
    });
    for (const { service } of [registry, replica])
      service.bus.publish(UpstreamListChanged, { upstreamId: gateway.id, list: 'tools' });
    await vi.waitFor(() => expect(running).toBe(1), { interval: 10 });
    version = 7;
    replica.service.bus.publish(UpstreamListChanged, { upstreamId: gateway.id, list: 'tools' });
    await pause(400);
    goOn();
    await vi.waitFor(async () => expect(await names(gateway.id)).toEqual(['busy-v7']), { interval: 50 });
    expect(runningMax).toBe(1);
  });

  it('a refresh ends in one state in both catalogs when it is asked of two replicas at once', async () => {
    const gateway = await registry.register('Twice', upstream({ tools: [tool('a')] }));
    registry.around.upstreams.set(gateway.url, async () => upstream({ tools: [tool('a'), tool('b'), tool('c')] }));
    const answers = await Promise.all(
      [registry, replica].map((one) => one.ask('POST', `/gateways/${gateway.id}/tools/refresh`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body }) => body.toolsAdded).toSorted((a, b) => a - b)).toEqual([0, 2]);
    const catalogs = await Promise.all([registry.describe(), replica.describe()]);
    expect(catalogs[0]).toEqual(catalogs[1]);
  });
});

describe('what somebody switched off', () => {
  /** The upstream offers so much from now on, and is asked. */
  const offerNow = async (gateway: { id: string; url: string }, offered: Partial<DiscoveredUpstream>) => {
    registry.around.upstreams.set(gateway.url, upstream(offered));
    expect((await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`)).status).toBe(200);
  };
  const entriesOf = async (list: string, gateway: { id: string }) =>
    (await registry.ask('GET', `/${list}?gateway_id=${gateway.id}&include_inactive=true`)).body;

  it('a disabled tool, prompt or resource stays disabled when its upstream drops it and offers it again', async () => {
    const offered = { tools: [tool('wipe'), tool('read')], prompts: [prompt('p')], resources: [resource('off://r')] };
    const gateway = await registry.register('Returning', upstream(offered));
    for (const [list, name] of [
      ['tools', 'wipe'],
      ['prompts', 'p'],
      ['resources', 'off://r'],
    ] as const) {
      const entry = (await entriesOf(list, gateway)).find(
        (one: { originalName?: string; uri?: string }) => (one.originalName ?? one.uri) === name,
      );
      await registry.ask('POST', `/${list}/${entry.id}/state?activate=false`);
    }

    await offerNow(gateway, { tools: [tool('read')] });
    await offerNow(gateway, offered);

    expect(await entriesOf('tools', gateway)).toMatchObject([
      { originalName: 'read', enabled: true },
      { originalName: 'wipe', enabled: false },
    ]);
    expect(await entriesOf('prompts', gateway)).toMatchObject([{ enabled: false }]);
    expect(await entriesOf('resources', gateway)).toMatchObject([{ enabled: false }]);
    expect(await names(gateway.id)).toEqual(['returning-read']);
  });

  it('a disabled tool stays disabled when it is deleted and listed again', async () => {
    const gateway = await registry.register('Deleted', upstream({ tools: [tool('t')] }));
    const [{ id }] = await entriesOf('tools', gateway);
    await registry.ask('POST', `/tools/${id}/state?activate=false`);
    await registry.ask('DELETE', `/tools/${id}`);
    await offerNow(gateway, { tools: [tool('t')] });
    expect(await entriesOf('tools', gateway)).toMatchObject([{ enabled: false }]);
  });

  it('a tool comes back enabled when somebody enabled it again before its upstream dropped it', async () => {
    const gateway = await registry.register('Forgiven', upstream({ tools: [tool('t')] }));
    const [{ id }] = await entriesOf('tools', gateway);
    await registry.ask('POST', `/tools/${id}/state?activate=false`);
    await registry.ask('POST', `/tools/${id}/state?activate=true`);
    await offerNow(gateway, {});
    await offerNow(gateway, { tools: [tool('t')] });
    expect(await entriesOf('tools', gateway)).toMatchObject([{ enabled: true }]);
  });

  it('a tool waits to be enabled when it is new at a gateway whose new tools are disabled', async () => {
    const gateway = await registry.register('Waiting', upstream({ tools: [tool('first')] }), { newTools: 'disabled' });
    expect(gateway.newTools).toBe('disabled');

    await offerNow(gateway, { tools: [tool('first'), tool('second')], prompts: [prompt('p')] });

    expect(await names(gateway.id)).toEqual(['waiting-first']);
    expect(await entriesOf('prompts', gateway)).toMatchObject([{ enabled: true }]);
    const { id } = (await entriesOf('tools', gateway))[1];
    await registry.ask('POST', `/tools/${id}/state?activate=true`);
    expect(await names(gateway.id)).toEqual(['waiting-first', 'waiting-second']);

    await registry.ask('PUT', `/gateways/${gateway.id}`, { newTools: 'enabled' });
    await offerNow(gateway, { tools: [tool('first'), tool('second'), tool('third')] });
    expect(await names(gateway.id)).toEqual(['waiting-first', 'waiting-second', 'waiting-third']);
  });

  it.each([
    ['enabled', 'private', ['a', 'b']],
    ['disabled', 'public', ['a']],
  ])('new tools are %s by default at a %s gateway when NEW_TOOLS is disabled', async (_state, visibility, shown) => {
    const strict = await bench.registry(registry.around, { NEW_TOOLS: 'disabled' });
    const gateway = await strict.register(`Default ${visibility}`, upstream({ tools: [tool('a')] }), { visibility });
    strict.around.upstreams.set(gateway.url, upstream({ tools: [tool('a'), tool('b')] }));
    await strict.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    const tools = (await strict.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    expect(tools.map(({ originalName }: { originalName: string }) => originalName)).toEqual(shown);
  });
});

describe('two replicas', () => {
  it('one of two registrations is refused with 409 when two replicas register one name at once', async () => {
    const before = (await registry.describe()).revision;
    registry.around.upstreams.set('http://race.example/', upstream({ tools: [tool('t')] }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? registry : replica).ask('POST', '/gateways', {
          name: `race ${index >> 1}`,
          url: 'http://race.example/',
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 201, 201, 201, 409, 409, 409, 409,
    ]);
    expect((await replica.describe()).revision).toBe(before + 4);
  });
});

describe('checking upstreams', () => {
  const shownOf = async (id: string, token = 'admin') =>
    (await registry.ask('GET', `/gateways/${id}`, undefined, token)).body;
  const becomes = (id: string, expected: object) =>
    expect.poll(() => shownOf(id), { interval: 50 }).toMatchObject(expected);

  it('a check finds an upstream away after so many failures, says since when and why, and finds it back', async () => {
    const gateway = await registry.register('Dying', upstream({ tools: [tool('t')] }));
    const unused = await registry.register('Off', upstream({}));
    const program = await registry.ask('POST', '/gateways', {
      name: 'Odd',
      url: 'http://dying.example/mcp',
      transport: 'SSE',
    });
    await registry.ask('POST', `/gateways/${unused.id}/state?activate=false`);
    registry.around.principals.set('bob', userOf('bob'));
    expect(gateway).toMatchObject({ reachable: true, unreachableSince: null, unreachableReason: null });
    const env = { HEALTH_CHECK_INTERVAL: '0.6', UNHEALTHY_THRESHOLD: '4' };
    const checking = await Promise.all([bench.registry(registry.around, env), bench.registry(registry.around, env)]);
    const { checks, ill } = registry.around;
    const checksOf = (id: string): number => checks.filter((each) => each === id).length;
    const topics = (): string[] => checking.flatMap(({ stateTopics }) => stateTopics);
    await expect.poll(() => checksOf(gateway.id)).toBeGreaterThan(0);
    await expect.poll(() => checksOf(program.body.id)).toBeGreaterThan(0);

    const before = Date.now();
    ill.set(gateway.id, fail('upstream.busy'));
    await expect.poll(() => checksOf(gateway.id)).toBeGreaterThan(3);
    expect((await shownOf(gateway.id)).reachable).toBe(true);
    const well = checksOf(gateway.id);
    ill.set(gateway.id, fail('upstream.unreachable', { message: 'connection refused at the upstream' }));
    await becomes(gateway.id, { reachable: false, unreachableReason: 'connection refused at the upstream' });
    await expect.poll(topics).toEqual(['gateways']);
    const away = await shownOf(gateway.id);
    expect(checksOf(gateway.id) - well).toBeGreaterThanOrEqual(4);
    expect(Date.parse(away.unreachableSince)).toBeGreaterThanOrEqual(before);
    expect(await shownOf(gateway.id, 'bob')).toMatchObject({
      reachable: false,
      unreachableSince: away.unreachableSince,
    });
    expect(await shownOf(gateway.id, 'bob')).not.toHaveProperty('unreachableReason');
    expect(away).toMatchObject({ enabled: true, toolCount: 1, updatedAt: gateway.updatedAt });
    await bench.query(`UPDATE registry.gateway SET failing_reason = 'another address' WHERE id = '${gateway.id}'`);

    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('t'), tool('new')] }));
    ill.delete(gateway.id);
    await becomes(gateway.id, { reachable: true, unreachableSince: null, unreachableReason: null, toolCount: 2 });
    await expect.poll(() => topics().toSorted()).toEqual(['catalog', 'gateways', 'gateways']);
    expect(checksOf(unused.id)).toBe(0);
    const { states } = (await registry.ask('GET', `/gateways/${gateway.id}/timeline`)).body;
    expect(states.map(({ state }: { state: string }) => state)).toEqual(['up', 'unreachable', 'up']);
    for (const { service } of checking) await service.stop();
  });

  it('a check says of each address how it stands, also when the upstream as a whole does not answer', async () => {
    const addresses = [{ url: 'http://second.example/mcp' }];
    const gateway = await registry.register('Spread', upstream({}), { addresses });
    registry.around.principals.set('bob', userOf('bob'));
    const standing = (url: string, reason: string | null) => ({
      url,
      state: reason === null ? ('active' as const) : ('ejected' as const),
      reason,
      since: '2026-11-29T12:00:00.000Z',
    });
    const found = [standing(gateway.url, 'connection refused'), standing('http://second.example/mcp', null)];
    registry.around.standings.set(gateway.id, found);
    const checking = await bench.registry(registry.around, { HEALTH_CHECK_INTERVAL: '0.6' });
    await becomes(gateway.id, { reachable: true, addressStandings: found, updatedAt: gateway.updatedAt });
    const seen = await shownOf(gateway.id, 'bob');
    expect(seen).not.toHaveProperty('addressStandings');
    expect(seen.addresses).toEqual([{ url: 'http://second.example', priority: 1, weight: 100 }]);

    const worse = [standing(gateway.url, 'connection refused'), standing('http://second.example/mcp', 'no such name')];
    const { ill } = registry.around;
    ill.set(gateway.id, fail('upstream.unreachable', { data: { addresses: worse } }));
    await becomes(gateway.id, { reachable: false, addressStandings: worse });
    const sentBack = await registry.ask('PUT', `/gateways/${gateway.id}`, {
      ...(await shownOf(gateway.id)),
      tags: ['x'],
    });
    expect(sentBack).toMatchObject({ status: 200, body: { addressStandings: worse, tags: ['x'] } });
    await checking.service.stop();
  });

  it('a check that finds an upstream there has lists say so when it was found away meanwhile', async () => {
    const gateway = await registry.register('Flapping', upstream({ tools: [tool('t')] }));
    const env = { HEALTH_CHECK_INTERVAL: '0.6', REGISTRY_CACHE_TOOLS_TTL: '3600' };
    const { meanwhile } = registry.around;
    const seen = async () => (await checking.ask('GET', `/tools?gateway_id=${gateway.id}`)).body[0].reachable;
    const away = Promise.withResolvers<unknown>();
    meanwhile.set(gateway.id, async () => {
      meanwhile.delete(gateway.id);
      await bench.query(`UPDATE registry.gateway SET reachable = false WHERE id = '${gateway.id}'`);
      away.resolve(await seen());
    });
    const checking = await bench.registry(registry.around, env);
    expect(await away.promise).toBe(false);
    await expect.poll(seen, { interval: 50 }).toBe(true);
    await checking.service.stop();
  });

  it('a breaker that opened elsewhere counts for the upstream that was called, and no more once it is reached otherwise', async () => {
    const gateway = await registry.register('Broken', upstream({ tools: [tool('t')] }));
    const checking = await bench.registry(registry.around, { HEALTH_CHECK_INTERVAL: '3600' });
    const { version } = await registry.resolve(gateway.id);
    const tell = (reason: string | null, of = version): void =>
      checking.service.bus.publish(BreakerChanged, { upstreamId: gateway.id, version: of, reason });
    tell('connection refused');
    await becomes(gateway.id, { reachable: false, unreachableReason: 'connection refused' });
    tell(null);
    await becomes(gateway.id, { reachable: true });
    const other = `${gateway.url}/other`;
    registry.around.upstreams.set(other, upstream({ tools: [tool('t')] }));
    expect((await registry.ask('PUT', `/gateways/${gateway.id}`, { url: other })).status).toBe(200);
    const now = (await registry.resolve(gateway.id)).version;
    expect(now).not.toBe(version);
    tell('the old address is gone');
    tell('the new one is too', now);
    await becomes(gateway.id, { reachable: false });
    expect((await shownOf(gateway.id)).unreachableReason).toBe('the new one is too');
    await checking.service.stop();
  });

  it('a breaker says nothing of an upstream that lets in its callers alone, which no check would find to be back', async () => {
    const env = { HEALTH_CHECK_INTERVAL: '3600', ENABLE_HEADER_PASSTHROUGH: 'true' };
    const checking = await bench.registry(registry.around, env);
    const own = await checking.register('Own', upstream({}), { passthrough_headers: ['x-tenant'] });
    const other = await checking.register('Other', upstream({}));
    for (const { id } of [own, other])
      checking.service.bus.publish(BreakerChanged, {
        upstreamId: id,
        version: (await registry.resolve(id)).version,
        reason: 'gone',
      });
    await becomes(other.id, { reachable: false });
    expect(await shownOf(own.id)).toMatchObject({ reachable: true });
    await checking.service.stop();
  });

  it('a check of each upstream is made by one replica alone, whichever has its turn', async () => {
    const { id } = await registry.register('Shared', upstream({}));
    const intervalMs = 600;
    const env = { HEALTH_CHECK_INTERVAL: String(intervalMs / 1_000) };
    // Who checks has claimed the turn before, and the database says when.
    await bench.query(`CREATE TABLE registry.turn (taken_at timestamptz NOT NULL);
      CREATE FUNCTION registry.note_turn() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO registry.turn VALUES (NEW.checked_at); RETURN NULL; END $$;
      CREATE TRIGGER turn AFTER UPDATE OF checked_at ON registry.gateway FOR EACH ROW
        WHEN (NEW.id = '${id}') EXECUTE FUNCTION registry.note_turn()`);
    const checking = await Promise.all([1, 2, 3].map(() => bench.registry(registry.around, env)));
    const checked = (): number => registry.around.checks.filter((each) => each === id).length;
    await expect.poll(checked).toBeGreaterThanOrEqual(4);
    for (const { service } of checking) await service.stop();
    const checks = checked();
    const turns = await bench.rows<{ gapMs: number | null }>(`SELECT (1000 * extract(epoch FROM
      taken_at - lag(taken_at) OVER (ORDER BY taken_at)))::float8 AS "gapMs" FROM registry.turn`);
    await bench.query(
      'DROP TRIGGER turn ON registry.gateway; DROP FUNCTION registry.note_turn; DROP TABLE registry.turn',
    );
    expect(turns.length).toBeGreaterThanOrEqual(checks);
    for (const { gapMs } of turns) expect(gapMs ?? Infinity).toBeGreaterThanOrEqual(intervalMs);
  });

  it('a failed refresh says why, and since when', async () => {
    const gateway = await registry.register('Reasoned', upstream({ tools: [tool('t')] }));
    registry.around.upstreams.set(gateway.url, fail('upstream.timed_out', { message: 'too slow today' }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(await shownOf(gateway.id)).toMatchObject({
      reachable: false,
      unreachableReason: 'too slow today',
      unreachableSince: expect.any(String),
    });
    const sentBack = await registry.ask('PUT', `/gateways/${gateway.id}`, {
      ...(await shownOf(gateway.id)),
      tags: ['x'],
    });
    expect(sentBack).toMatchObject({ status: 200, body: { reachable: false, tags: ['x'] } });
  });
});
