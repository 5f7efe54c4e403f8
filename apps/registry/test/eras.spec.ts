import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiscoveredOffer, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { type Registry, RegistryBench, prompt, resource, tool, upstream } from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());

const inSessions = (offered: Partial<DiscoveredOffer>): DiscoveredOffer => {
  const { era: _era, transport: _transport, ...offer } = upstream(offered);
  return { ...offer, protocolVersion: '2025-11-25' };
};

const both = (modern: Partial<DiscoveredUpstream>, legacy: Partial<DiscoveredOffer>): DiscoveredUpstream =>
  upstream({ ...modern, legacy: inSessions(legacy) });

const ofGateway = async (id: string) => {
  const { upstreams, tools, prompts, resources } = await registry.describe();
  return {
    upstream: upstreams.find((each) => each.id === id),
    entries: [...tools, ...prompts, ...resources].filter(({ upstreamId }) => upstreamId === id),
  };
};

describe('a gateway whose upstream speaks both eras', () => {
  it('a gateway is offered to each client as its upstream is in that era when it speaks both', async () => {
    const gateway = await registry.register(
      'Twofold',
      both(
        {
          tools: [tool('same'), tool('differs', ',"title":"new"'), tool('new')],
          resources: [resource('note://1')],
          instructions: 'Without sessions',
        },
        {
          tools: [tool('differs', ',"title":"old"'), tool('same'), tool('old')],
          prompts: [prompt('greet')],
          resources: [resource('note://1')],
          capabilities: { tools: {}, prompts: {} },
          instructions: 'In sessions',
        },
      ),
    );
    expect(gateway).toMatchObject({ era: 'auto', eras: ['modern', 'legacy'], toolCount: 4, promptCount: 1 });

    const { upstream: shown, entries } = await ofGateway(gateway.id);
    expect(shown).toMatchObject({
      instructions: 'Without sessions',
      legacy: { capabilities: { tools: {}, prompts: {} }, instructions: 'In sessions' },
    });
    const named = (name: string) => entries.find((entry) => 'name' in entry && entry.name === `twofold-${name}`);
    expect(named('same')).not.toHaveProperty('era');
    expect(named('same')).not.toHaveProperty('legacyDefinition');
    expect(named('differs')?.definition).toBe(
      '{"name":"twofold-differs","inputSchema":{"type":"object"},"title":"new"}',
    );
    expect(named('differs')?.legacyDefinition).toBe(
      '{"name":"twofold-differs","inputSchema":{"type":"object"},"title":"old"}',
    );
    expect(named('new')).toMatchObject({ era: 'modern' });
    expect(named('old')).toMatchObject({ era: 'legacy' });
    expect(named('greet')).toMatchObject({ era: 'legacy' });

    const { body } = await registry.ask('GET', `/tools?gateway_id=${gateway.id}`);
    const eras = Object.fromEntries(
      body.map((each: { originalName: string; era: unknown }) => [each.originalName, each.era]),
    );
    expect(eras).toEqual({ same: null, differs: null, new: 'modern', old: 'legacy' });
  });

  it('a gateway is announced anew when its upstream changes in one era alone, and keeps ids', async () => {
    const gateway = await registry.register('Turning', both({ tools: [tool('a')] }, { tools: [tool('a'), tool('b')] }));
    const before = (await ofGateway(gateway.id)).entries.map(({ id }) => id);
    registry.changes.length = 0;
    registry.around.upstreams.set(
      gateway.url,
      both({ tools: [tool('a'), tool('b')] }, { tools: [tool('a', ',"title":"x"')] }),
    );
    const { body } = await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);

    expect(body).toMatchObject({ toolsAdded: 0, toolsUpdated: 2, toolsRemoved: 0 });
    const { entries } = await ofGateway(gateway.id);
    expect(entries.map(({ id }) => id)).toEqual(before);
    expect(entries).toMatchObject([{ legacyDefinition: expect.stringContaining('"x"') }, { era: 'modern' }]);
    expect(registry.changes.flatMap(({ lists }) => lists)).toContain('tools');

    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('a'), tool('b')] }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    const alone = await ofGateway(gateway.id);
    expect(alone.upstream).not.toHaveProperty('legacy');
    for (const entry of alone.entries) expect(entry).not.toHaveProperty('era');
  });

  it('an entry is offered to all when the list of the other era could not be read to its end', async () => {
    const gateway = await registry.register(
      'Broken',
      both({ tools: [tool('a')], incomplete: ['tools'] }, { tools: [tool('b')] }),
    );
    const { entries } = await ofGateway(gateway.id);
    expect(entries.map(({ era }) => era)).toEqual(['modern', undefined]);
  });

  it('a gateway names an entry once when it was refused in both eras', async () => {
    const refused = [{ list: 'tools', name: 'odd', reason: 'its inputSchema is a list' }];
    const gateway = await registry.register('Odd', both({ refused }, { refused }));
    expect(gateway.refused).toEqual(refused);
  });
});

describe('the era of a gateway', () => {
  it('the era of a gateway is told to whoever speaks to its upstream, and stays when it is sent back', async () => {
    const gateway = await registry.register('Pinned', upstream({ tools: [tool('a')] }), { era: 'legacy' });
    expect(gateway).toMatchObject({ era: 'legacy', eras: ['modern'] });
    const { version, onlyEra } = await registry.resolve(gateway.id);
    expect(onlyEra).toBe('legacy');
    expect(registry.around.discoveries.at(-1)?.profile.onlyEra).toBe('legacy');

    const { body: same } = await registry.ask('PUT', `/gateways/${gateway.id}`, gateway);
    expect(same).toMatchObject({ era: 'legacy' });
    expect((await registry.resolve(gateway.id)).version).toBe(version);
  });

  it('an upstream is asked anew, and its connections end, when the era of its gateway changes', async () => {
    const gateway = await registry.register('Changing', upstream({ tools: [tool('a')] }));
    const { version } = await registry.resolve(gateway.id);
    const asked = registry.around.discoveries.length;
    registry.upstreamChanges.length = 0;
    const { body } = await registry.ask('PUT', `/gateways/${gateway.id}`, { era: 'modern' });

    expect(body).toMatchObject({ era: 'modern' });
    expect(registry.around.discoveries).toHaveLength(asked + 1);
    expect(registry.upstreamChanges).toContainEqual({ upstreamId: gateway.id, change: 'updated' });
    expect((await registry.resolve(gateway.id)).version).not.toBe(version);

    const { body: freed } = await registry.ask('PUT', `/gateways/${gateway.id}`, { era: 'auto' });
    expect(freed).toMatchObject({ era: 'auto' });
    expect(await registry.resolve(gateway.id)).toMatchObject({ version });
  });

  it.each([
    [{ era: 'old' }, 'era must be one of'],
    [{ era: 'modern', transport: 'SSE' }, 'era must not be modern'],
  ])('a gateway is refused with the reason when it says %j', async (body, reason) => {
    const url = 'http://refused.example/mcp';
    registry.around.upstreams.set(url, upstream());
    const { status, text } = await registry.ask('POST', '/gateways', { name: 'Refused', url, ...body });
    expect(status).toBe(422);
    expect(text).toContain(reason);
  });
});
