import { describe, expect, it } from 'vitest';
import type { CatalogTool } from '#contracts/registry/catalog';
import { ToolIndex } from './tool-index.js';

const toolOf = (name: string, description: string, properties: object = {}, definition?: string): CatalogTool => ({
  id: `id ${name}`,
  name,
  upstreamId: 'u',
  upstreamName: name,
  definition: definition ?? JSON.stringify({ name, description, inputSchema: { type: 'object', properties } }),
  headerParams: [],
  visibility: 'public',
  teamId: null,
  ownerEmail: null,
});

const found = async (tools: readonly CatalogTool[], query: string): Promise<string[]> =>
  (await ToolIndex.of(tools)).search(query, () => true).map(({ name }) => name);

const TOOLS = [
  toolOf('github-create_issue', 'Opens a new issue in a repository', { repo: { type: 'string' } }),
  toolOf('github-listPullRequests', 'Lists pull requests', { state: { description: 'open, closed or merged' } }),
  toolOf('weather_forecast', 'Tells the weather of the next days', { city: { type: 'string' } }),
  toolOf('calendar.add', 'Puts an event into a calendar', {
    event: { type: 'object', properties: { attendees: { items: { description: 'their e-mail addresses' } } } },
  }),
];

describe('an index of tools', () => {
  it.each([
    ['weather', 'weather_forecast'],
    ['create issue', 'github-create_issue'],
    ['pull request', 'github-listPullRequests'],
    ['merged', 'github-listPullRequests'],
    ['attendees', 'calendar.add'],
    ['e-mail addresses of', 'calendar.add'],
    ['WEATHER', 'weather_forecast'],
    ['wheather', 'weather_forecast'],
    ['forec', 'weather_forecast'],
    ['which tool opens an issue in a repository?', 'github-create_issue'],
  ])('an index finds for "%s" %s first', async (query, name) => {
    expect((await found(TOOLS, query))[0]).toBe(name);
  });

  it('an index ranks a tool higher when the word stands in its name', async () => {
    const tools = [toolOf('other', 'About invoices, and more'), toolOf('invoices', 'Lists them')];
    expect(await found(tools, 'invoices')).toEqual(['invoices', 'other']);
  });

  it('an index shows nothing that its caller does not see', async () => {
    const index = await ToolIndex.of(TOOLS);
    expect(index.search('github', ({ name }) => name.includes('issue')).map(({ name }) => name)).toEqual([
      'github-create_issue',
    ]);
  });

  it('an index holds a tool by its name when its definition is huge or deep', async () => {
    let deep: object = { type: 'string' };
    for (let depth = 0; depth < 60; depth++) deep = { type: 'object', properties: { x: deep } };
    const huge = toolOf('the_huge_one', '', {}, JSON.stringify({ description: 'x '.repeat(50_000) }));
    const odd = toolOf('the_odd_one', '', {}, '{"description":7,"title":null,"inputSchema":["x"]}');
    const tools = [huge, toolOf('the_deep_one', '', { deep }), odd];
    for (const name of ['huge', 'deep', 'odd']) expect(await found(tools, name)).toEqual([`the_${name}_one`]);
  });

  it.each(['', '?!', ' '.repeat(900), 'word '.repeat(200), '\u{1f600}', '__proto__ constructor'])(
    'an index finds nothing when nothing of the query is in any tool: %j',
    async (query) => {
      expect(await found(TOOLS, query)).toEqual([]);
    },
  );
});
