import { describe, expect, it } from 'vitest';
import type { DiscoveredOffer, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { withProvenance } from './provenance.js';

const AROUND = { ownId: 'here', slug: 'cf' };

const offer = (more: Partial<DiscoveredUpstream>): DiscoveredUpstream => ({
  transport: 'STREAMABLEHTTP',
  era: 'modern',
  protocolVersion: '2026-07-28',
  serverInfo: { name: 'switchyard' },
  capabilities: {},
  instructions: null,
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  refused: [],
  ...more,
});

const tool = (name: string, meta?: object): DiscoveredOffer['tools'][number] => ({
  name,
  definition: JSON.stringify({ name, inputSchema: { type: 'object' }, ...(meta && { _meta: meta }) }),
  headerParams: [],
});

const namesIn = ({ tools }: Pick<DiscoveredOffer, 'tools'>): string[] => tools.map(({ name }) => name);
const viaOf = (entry: { definition: string } | undefined): unknown =>
  (JSON.parse(entry?.definition ?? '{}') as { _meta?: Record<string, unknown> })._meta;

describe('withProvenance', () => {
  it('withProvenance says of each entry that it came through the gateway when the upstream is one', () => {
    const found = withProvenance(
      offer({
        gatewayId: 'there',
        tools: [tool('own'), tool('of-another', { 'switchyard/via': ['beyond'], kept: '1' })],
        resources: [{ uri: 'a:b', definition: '{"uri":"a:b","name":"b"}' }],
        legacy: offer({ gatewayId: 'there', tools: [tool('own')] }),
      }),
      AROUND,
    );
    expect(viaOf(found.tools[0])).toEqual({ 'switchyard/via': ['there'] });
    expect(viaOf(found.tools[1])).toEqual({ 'switchyard/via': ['there', 'beyond'], kept: '1' });
    expect(viaOf(found.resources[0])).toEqual({ 'switchyard/via': ['there'] });
    expect(viaOf(found.legacy?.tools[0])).toEqual({ 'switchyard/via': ['there'] });
    expect(found.refused).toEqual([]);
  });

  it('withProvenance leaves an upstream byte for byte as it is when it is no gateway', () => {
    const tools = [tool('a', { any: 1 })];
    expect(withProvenance(offer({ serverInfo: { name: 'weather' }, tools }), AROUND).tools).toEqual(tools);
  });

  it('withProvenance leaves out what came from this gateway, whatever lies between', () => {
    const back = { 'switchyard/via': ['beyond', 'here'] };
    const found = withProvenance(
      offer({
        gatewayId: 'there',
        tools: [tool('own'), tool('back', back)],
        prompts: [{ name: 'p', definition: JSON.stringify({ name: 'p', _meta: back }) }],
      }),
      AROUND,
    );
    expect(namesIn(found)).toEqual(['own']);
    expect(found.prompts).toEqual([]);
    expect(found.refused).toEqual([
      { list: 'tools', name: 'back', reason: 'it comes from this gateway itself, by way of beyond, here' },
      { list: 'prompts', name: 'p', reason: 'it comes from this gateway itself, by way of beyond, here' },
    ]);
  });

  it.each([
    ['is none', { 'switchyard/via': 'beyond' }, /no list of gateways/],
    ['is too long', { 'switchyard/via': Array.from({ length: 16 }, (_, at) => `g${at}`) }, /more than 16 gateways/],
  ])('leaves an entry out when the way it names %s', (_what, meta, reason) => {
    const found = withProvenance(offer({ tools: [tool('odd', meta)] }), AROUND);
    expect(found.tools).toEqual([]);
    expect(found.refused).toEqual([{ list: 'tools', name: 'odd', reason: expect.stringMatching(reason) }]);
  });

  it('withProvenance knows by its name what came back when the upstream is a ContextForge, which tells no ways', () => {
    const tools = [tool('x'), tool('a-t'), tool('a-cf-x'), tool('b-cf-y')];
    expect(namesIn(withProvenance(offer({ serverInfo: { name: 'ContextForge' }, tools }), AROUND))).toEqual([
      'x',
      'a-t',
      'b-cf-y',
    ]);
    expect(namesIn(withProvenance(offer({ tools }), AROUND))).toHaveLength(4);
  });
});
