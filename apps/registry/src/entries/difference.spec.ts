import { expect, it } from 'vitest';
import { type KnownEntry, type OfferedEntry, differenceBetween } from './difference.js';

const offered = (originalName: string, definition = '{}', kind: OfferedEntry['kind'] = 'tool'): OfferedEntry => ({
  kind,
  originalName,
  definition,
  headerParams: [],
});
const known = (entry: OfferedEntry): KnownEntry => ({
  id: `id of ${entry.originalName}`,
  era: null,
  legacyDefinition: null,
  source: null,
  heldChange: null,
  ...entry,
});

it('differenceBetween tells what was added, updated and removed when a definition differs by a single byte', () => {
  const before = [offered('same'), offered('changed', '{"a":1}'), offered('gone')].map(known);
  const difference = differenceBetween(before, [offered('new'), offered('changed', '{"a":1.0}'), offered('same')]);
  expect(difference.added.map(({ originalName }) => originalName)).toEqual(['new']);
  expect(difference.updated.map((pair) => [pair.known.id, pair.offered.definition])).toEqual([
    ['id of changed', '{"a":1.0}'],
  ]);
  expect(difference.removed.map(({ id }) => id)).toEqual(['id of gone']);
});

it('differenceBetween keeps a prompt and a tool apart when they have one name', () => {
  const difference = differenceBetween([known(offered('x'))], [offered('x', '{}', 'prompt')]);
  expect([difference.added.length, difference.updated.length, difference.removed.length]).toEqual([1, 0, 1]);
});

it('differenceBetween reports an update when only the header mirrors differ', () => {
  const mirrored = { ...offered('x'), headerParams: [{ header: 'Region', path: ['region'], type: 'string' as const }] };
  expect(differenceBetween([known(offered('x'))], [mirrored]).updated).toHaveLength(1);
});

it('differenceBetween tells a tool of an HTTP API whose request changed, though clients see no change', () => {
  const before = [{ ...known(offered('same')), source: '{"a":1}' }];
  expect(differenceBetween(before, [{ ...offered('same'), source: '{"a":2}' }]).updated).toHaveLength(1);
  expect(differenceBetween(before, [{ ...offered('same'), source: '{"a":1}' }]).updated).toEqual([]);
});
