import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { renderPrometheus } from '#libs/telemetry';
import { type Registry, RegistryBench, prompt, resource, tool, upstream, userOf } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry(undefined, {
    HEALTH_CHECK_INTERVAL: '0',
    // However long a busy machine takes.
    REGISTRY_CACHE_TOOLS_TTL: '3600',
    REGISTRY_CACHE_PROMPTS_TTL: '3600',
    REGISTRY_CACHE_RESOURCES_TTL: '3600',
    REGISTRY_CACHE_GATEWAYS_TTL: '3600',
    REGISTRY_CACHE_SERVERS_TTL: '3600',
  });
  for (const name of ['ann@example.com', 'bob@example.com']) registry.around.principals.set(name, userOf(name));
});
afterAll(() => bench.close());

const offered = () => upstream({ tools: [tool('a'), tool('b')], prompts: [prompt('p')], resources: [resource('r:x')] });
const namesIn = async (list: string, token = 'admin'): Promise<string[]> => {
  const { status, body } = await registry.ask('GET', `/${list}`, undefined, token);
  expect(status).toBe(200);
  return body.map((entry: { name?: string; uri?: string }) => entry.uri ?? entry.name);
};

/** How many statements PostgreSQL has been sent, by its own log. */
const countStatements = async (work: () => Promise<void>): Promise<number> => {
  await bench.query(`ALTER SYSTEM SET log_statement = 'all'`);
  await bench.query('SELECT pg_reload_conf()');
  const mark = `/* ${Math.random()} */ SELECT 1`;
  const logged = (): string => fs.readFileSync(bench.postgresLog, 'utf8');
  await vi.waitFor(async () => {
    await bench.query(mark);
    expect(logged()).toContain(mark);
  });
  await work();
  const end = `${mark} AS end`;
  await bench.query(end);
  await bench.query('ALTER SYSTEM RESET log_statement');
  await bench.query('SELECT pg_reload_conf()');
  const text = logged();
  const between = text.slice(text.lastIndexOf(`${mark}\n`) + mark.length, text.lastIndexOf(end));
  return between.match(/LOG: {2}(?:statement|execute)/g)?.length ?? 0;
};

describe('lists and look-ups that are kept', () => {
  it('a thousand lists and look-ups ask the database nothing when nothing has changed', async () => {
    const gateway = await registry.register('Kept', offered());
    const [{ id }] = (await registry.ask('GET', '/tools')).body;
    const { body: server } = await registry.ask('POST', '/servers', {
      server: { name: 'kept', associated_tools: [id] },
    });
    const paths = ['/tools', `/tools/${id}`, '/tools?limit=1&include_pagination=true', '/prompts', '/resources'].concat(
      ['/gateways', '/gateways?include_inactive=true&limit=0', '/a2a', '/servers', '/servers?limit=1'],
    );
    const askAll = () => Promise.all(paths.map((path) => registry.ask('GET', path)));
    const first = await askAll();
    const statements = await countStatements(async () => {
      for (let round = 0; round < 100; round++)
        expect((await askAll()).map(({ text }) => text)).toEqual(first.map(({ text }) => text));
    });
    // The question itself that ends the count.
    expect(statements).toBeLessThanOrEqual(1);
    expect(await renderPrometheus()).toMatch(
      /cache_requests_total\{[^}]*cache="registry tools",outcome="hit"[^}]*\} \d{3}/,
    );
    await registry.ask('DELETE', `/servers/${server.id}`);
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
  });

  it('look-ups keep nothing when what is asked for is not there, and are no questions when it cannot be', async () => {
    const askTimes = (id: string) => async () => {
      for (let time = 0; time < 5; time++) expect((await registry.ask('GET', `/tools/${id}`)).status).toBe(404);
    };
    expect(await countStatements(askTimes('0'.repeat(32)))).toBeGreaterThanOrEqual(5);
    const lookUps = async () => (await renderPrometheus()).match(/^cache_requests_total\{.*registry tools.*$/gm);
    const before = await lookUps();
    expect(before).not.toBeNull();
    await askTimes('no-id')();
    expect(await lookUps()).toEqual(before);
  });

  it('a list shows what was changed when the change has been answered, whatever it was', async () => {
    const gateway = await registry.register('Changing', offered());
    expect(await namesIn('tools')).toEqual(['changing-a', 'changing-b']);
    const [{ id }, other] = (await registry.ask('GET', '/tools')).body;
    for (let time = 0; time < 20; time++) {
      const activate = time % 2 === 1;
      await registry.ask('POST', `/tools/${id}/state?activate=${activate}`);
      expect(await namesIn('tools')).toEqual(activate ? ['changing-a', 'changing-b'] : ['changing-b']);
      expect((await registry.ask('GET', `/tools/${id}`)).body).toMatchObject({ enabled: activate });
    }
    await registry.ask('PUT', `/tools/${id}`, { tags: ['new'] });
    expect((await registry.ask('GET', '/tools?tags=new')).body).toMatchObject([{ id }]);
    await registry.ask('DELETE', `/tools/${other.id}`);
    expect(await namesIn('tools')).toEqual(['changing-a']);
    expect((await registry.ask('GET', `/tools/${other.id}`)).status).toBe(404);
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('c')] }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(await namesIn('tools')).toEqual(['changing-c']);
    expect(await namesIn('prompts')).toEqual([]);
    registry.around.upstreams.delete(gateway.url);
    expect((await registry.ask('GET', '/tools')).body).toMatchObject([{ reachable: true }]);
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect((await registry.ask('GET', '/tools')).body).toMatchObject([{ reachable: false }]);
    await registry.ask('POST', `/gateways/${gateway.id}/state?activate=false`);
    expect(await namesIn('tools')).toEqual([]);
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
    expect((await registry.ask('GET', '/tools?include_inactive=true')).body).toEqual([]);
  });

  it('a list of gateways or virtual servers shows what was changed when the change has been answered', async () => {
    const gateway = await registry.register('Turned', offered());
    const gatewaysSeen = async () => (await registry.ask('GET', '/gateways?include_inactive=true')).body;
    expect(await gatewaysSeen()).toMatchObject([{ name: 'Turned', enabled: true, toolCount: 2 }]);
    const [{ id: toolId }, other] = (await registry.ask('GET', '/tools')).body;
    const { body: server } = await registry.ask('POST', '/servers', {
      server: { name: 'turning', associated_tools: [toolId, other.id] },
    });
    const serversSeen = async () => (await registry.ask('GET', '/servers?include_inactive=true')).body;
    expect(await serversSeen()).toMatchObject([
      { name: 'turning', associatedTools: [expect.anything(), expect.anything()] },
    ]);
    await registry.ask('PUT', `/servers/${server.id}`, { name: 'turned' });
    expect(await serversSeen()).toMatchObject([{ name: 'turned' }]);
    await registry.ask('PUT', `/gateways/${gateway.id}`, { description: 'other' });
    expect(await gatewaysSeen()).toMatchObject([{ description: 'other' }]);
    registry.around.upstreams.delete(gateway.url);
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(await gatewaysSeen()).toMatchObject([{ reachable: false }]);
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('c')] }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(await gatewaysSeen()).toMatchObject([{ reachable: true, toolCount: 1 }]);
    expect(await serversSeen()).toMatchObject([{ associatedTools: [] }]);
    await registry.ask('POST', `/gateways/${gateway.id}/state?activate=false`);
    expect(await gatewaysSeen()).toMatchObject([{ enabled: false }]);
    await registry.ask('DELETE', `/servers/${server.id}`);
    await registry.ask('DELETE', `/gateways/${gateway.id}`);
    expect([await serversSeen(), await gatewaysSeen()]).toEqual([[], []]);
  });

  it('each caller is shown what they may see when others have listed before them', async () => {
    const [ann, bob] = ['ann@example.com', 'bob@example.com'] as const;
    const own = await registry.register('Own', offered(), { visibility: 'private' }, ann);
    const all = await registry.register('All', offered(), { visibility: 'public' }, bob);
    for (let round = 0; round < 2; round++) {
      expect(await namesIn('tools', ann)).toEqual(['own-a', 'own-b', 'all-a', 'all-b']);
      expect(await namesIn('tools', bob)).toEqual(['all-a', 'all-b']);
      expect(await namesIn('tools')).toEqual(['all-a', 'all-b']);
    }
    const [{ id }] = (await registry.ask('GET', '/tools', undefined, ann)).body;
    for (const [token, status] of [
      [ann, 200],
      [bob, 404],
      ['admin', 404],
      [ann, 200],
    ] as const)
      expect((await registry.ask('GET', `/tools/${id}`, undefined, token)).status).toBe(status);
    const ownerShown = async (token: string) =>
      (await registry.ask('GET', '/tools', undefined, token)).body.find(
        ({ name }: { name: string }) => name === 'all-a',
      ).ownerEmail;
    expect([await ownerShown(bob), await ownerShown(ann), await ownerShown(bob)]).toEqual([bob, null, bob]);
    for (const [{ id: gatewayId }, token] of [
      [own, ann],
      [all, bob],
    ] as const)
      await registry.ask('DELETE', `/gateways/${gatewayId}`, undefined, token);
  });

  it('the database is asked each time when REGISTRY_CACHE_ENABLED is off or the time of a list is 0', async () => {
    const off = await bench.registry(registry.around, { REGISTRY_CACHE_ENABLED: 'false', HEALTH_CHECK_INTERVAL: '0' });
    const none = await bench.registry(registry.around, { REGISTRY_CACHE_TOOLS_TTL: '0', HEALTH_CHECK_INTERVAL: '0' });
    for (const { ask } of [off, none].map((each) => ({ ask: () => each.ask('GET', '/tools') }))) {
      await ask();
      const statements = await countStatements(async () => {
        for (let time = 0; time < 5; time++) await ask();
      });
      expect(statements).toBeGreaterThanOrEqual(5);
    }
  });
});
