import { describe, expect, it } from 'vitest';
import { appLinksOf, appUriVia, exposedDefinition, withAppLinks } from './exposed-definition.js';

const entry = {
  definition: '{ "x":1.0,\n "name":"a", "description":"d" }',
  originalName: 'a',
  exposedName: 'a',
  descriptionOverride: null,
};

it("exposedDefinition answers the upstream's own text when nothing is renamed", () => {
  expect(exposedDefinition(entry)).toBe(entry.definition);
  expect(exposedDefinition({ ...entry, exposedName: null })).toBe(entry.definition);
});

it('exposedDefinition changes the name and the description alone when both are overridden', () => {
  expect(exposedDefinition({ ...entry, exposedName: 'p-a', descriptionOverride: 'say "hi"' })).toBe(
    '{"x":1.0,"name":"p-a","description":"say \\"hi\\""}',
  );
});

const tool = (meta: string): string => `{"name":"t", "_meta":${meta},"inputSchema":{"type":"object","x":1.0}}`;
const rename = (uri: string): string => appUriVia('second', uri);

describe('the apps that a tool is shown with', () => {
  it.each([
    ['{"ui":{"resourceUri":"ui://a/b"}}', ['ui://a/b']],
    ['{"ui/resourceUri":"ui://a/b"}', ['ui://a/b']],
    ['{"ui":{"resourceUri":"ui:\\/\\/a"},"ui/resourceUri":"ui://a"}', ['ui://a']],
    ['{"ui":{"resourceUri":"ui://a"},"ui/resourceUri":"ui://old"}', ['ui://a', 'ui://old']],
    ['{"ui":{"resourceUri":"https://a"}}', []],
    ['{"ui":{"resourceUri":7},"ui/resourceUri":null}', []],
    ['{"ui":"resourceUri"}', []],
    ['null', []],
  ])('appLinksOf reads the links when the _meta is %s', (meta, links) => {
    expect(appLinksOf(tool(meta))).toEqual(links);
  });

  it('withAppLinks renames the links alone when a tool has another name for its app', () => {
    const meta =
      '{"a":1.0,"ui":{"visibility":["app"],"resourceUri":"ui://a/b","n":2.50},"ui/resourceUri":"ui://a/b","z":[ ]}';
    expect(withAppLinks(tool(meta), rename)).toBe(
      '{"name":"t","_meta":{"a":1.0,"ui":{"visibility":["app"],"resourceUri":"ui://via.second/a/b","n":2.50},' +
        '"ui/resourceUri":"ui://via.second/a/b","z":[ ]},"inputSchema":{"type":"object","x":1.0}}',
    );
    expect(withAppLinks(tool('{"ui/resourceUri":"ui://x"}'), rename)).toContain('"ui://via.second/x"');
  });

  it('withAppLinks leaves a definition byte for byte the same when its apps keep their names', () => {
    for (const text of [
      tool('{"ui":{"resourceUri":"ui://a"}}'),
      tool('{"ui":"resourceUri"}'),
      '{"name":"resourceUri"}',
    ])
      expect(withAppLinks(text, (uri) => uri)).toBe(text);
  });
});
