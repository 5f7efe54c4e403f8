import { expect, it } from 'vitest';
import { exposedDefinition } from './exposed-definition.js';

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
