import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registry, RegistryBench, tool, upstream } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());

const LONG = 'reads_what_is_in_the_repository_and_tells_of_every_file_that_has_changed';

const namesOf = async (gatewayId: string): Promise<string[]> =>
  (await registry.describe()).tools.filter(({ upstreamId }) => upstreamId === gatewayId).map(({ name }) => name);
const registered = async (name: string, offered: ReturnType<typeof upstream>, body: object = {}) => {
  const url = `http://${encodeURIComponent(name).toLowerCase().replaceAll('%', '')}.example/mcp`;
  registry.around.upstreams.set(url, offered);
  return registry.ask('POST', '/gateways', { name, url, ...body });
};

describe('the name of a gateway', () => {
  it.each(['天気予報', 'Погода', 'الطقس', 'ᚠᚢᚦ'])(
    'a gateway is registered with a slug of its own when it is called %s',
    async (name) => {
      const { status, body } = await registered(name, upstream({ tools: [tool('now')] }));
      expect(status).toBe(201);
      expect(body.slug).toMatch(/^server-[0-9a-f]{8}$/);
      expect(await namesOf(body.id)).toEqual([`${body.slug}-now`]);
    },
  );

  it('a gateway has the slug that is given, and keeps it when its name changes', async () => {
    const { body } = await registered('Given', upstream({ tools: [tool('now')] }), { slug: 'my-own' });
    expect(body).toMatchObject({ slug: 'my-own' });
    expect(await namesOf(body.id)).toEqual(['my-own-now']);
    const renamed = await registry.ask('PUT', `/gateways/${body.id}`, { ...body, name: 'Given anew' });
    expect(renamed.body).toMatchObject({ name: 'Given anew', slug: 'my-own' });
    const moved = await registry.ask('PUT', `/gateways/${body.id}`, { slug: 'other' });
    expect(moved.body).toMatchObject({ slug: 'other' });
    expect(await namesOf(body.id)).toEqual(['other-now']);
  });

  it('a gateway is told which other it collides with, and what helps, when two names come down to one slug', async () => {
    const first = await registered('Math 数学', upstream());
    const { status, body } = await registered('Math!', upstream());
    expect(status).toBe(409);
    expect(body).toMatchObject({ slug: 'math', detail: expect.stringContaining('Math 数学') });
    expect(body.detail).toContain('slug');
    expect(first.body.slug).toBe('math');
    expect((await registered('Math!', upstream(), { slug: 'math-2' })).status).toBe(201);
  });

  it.each(['Upper', 'a--b', '-a', 'a b', 'ä', 'a'.repeat(65)])(
    'a gateway is refused when the slug given is %j',
    async (slug) => {
      expect((await registered('Slugs', upstream(), { slug })).status).toBe(422);
    },
  );
});

describe('the names of tools', () => {
  it('a tool is offered, and named in the findings, when models of some clients do not take its name', async () => {
    const offered = [tool('fine'), tool('repo/read'), tool('read file'), tool('天気'), tool('dotted.name'), tool(LONG)];
    const { body } = await registered('Wide', upstream({ tools: offered }));
    expect(await namesOf(body.id)).toEqual(offered.map(({ name }) => `wide-${name}`));
    expect(body.refused.map(({ name }: { name: string }) => name)).toEqual(offered.slice(1).map(({ name }) => name));
    for (const { reason } of body.refused) expect(reason).toContain('toolNameStyle');

    const tools = (await registry.ask('GET', `/tools?gateway_id=${body.id}`)).body;
    const odd = tools.find(({ originalName }: { originalName: string }) => originalName === '天気');
    await registry.ask('PUT', `/tools/${odd.id}`, { customName: 'weather' });
    expect(await namesOf(body.id)).toContain('wide-weather');
    const refreshed = await registry.ask('POST', `/gateways/${body.id}/tools/refresh`);
    expect(refreshed.body.validationErrors.map(({ name }: { name: string }) => name)).not.toContain('天気');
  });

  it('a tool has a name that fits, which stays whatever comes beside it, when its gateway says so', async () => {
    const offered = [tool('fine'), tool('repo/read'), tool('天気'), tool(LONG)];
    const { body } = await registered('Fitted', upstream({ tools: offered }), { toolNameStyle: 'fitted' });
    expect(body).toMatchObject({ toolNameStyle: 'fitted', refused: [] });
    const names = await namesOf(body.id);
    expect(names[0]).toBe('fitted-fine');
    expect(names[1]).toMatch(/^fitted-repo_read_[0-9a-f]{8}$/);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);

    const more = [tool('repo read'), tool('REPO/read'), ...offered.toReversed(), tool(`${LONG}_too`)];
    registry.around.upstreams.set(body.url, upstream({ tools: more }));
    await registry.ask('POST', `/gateways/${body.id}/tools/refresh`);
    const after = await namesOf(body.id);
    expect(after.slice(0, 4)).toEqual(names);
    expect(new Set(after.map((name) => name.toLowerCase())).size).toBe(7);

    const { body: freed } = await registry.ask('PUT', `/gateways/${body.id}`, {
      toolNameStyle: 'exact',
      toolPrefix: '',
    });
    expect(freed.toolNameStyle).toBe('exact');
    expect(await namesOf(body.id)).toContain('repo/read');
    const own = (await registry.describe()).tools.find(({ name }) => name === 'repo/read');
    expect(own).toMatchObject({ upstreamName: 'repo/read' });
  });

  it('a tool of a name beyond all limits is offered when names are made to fit, and refused when not', async () => {
    const beyond = tool('x'.repeat(1_000));
    expect((await registered('Beyond', upstream({ tools: [beyond] }))).body).toMatchObject({ toolCount: 0 });
    const { body } = await registered('Beyond fitted', upstream({ tools: [beyond] }), { toolNameStyle: 'fitted' });
    expect(body).toMatchObject({ toolCount: 1, refused: [] });
  });
});
