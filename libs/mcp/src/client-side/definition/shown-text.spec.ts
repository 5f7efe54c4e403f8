import { describe, expect, it } from 'vitest';
import { readDefinition } from './definition.js';

const HIDDEN = '\u202eAdds\u200b numbers\u{e0041}\u{e0020}';

describe('what an upstream says of its tools, prompts and resources', () => {
  it.each([
    ['tools', { name: 'a', inputSchema: { type: 'object' } }],
    ['prompts', { name: 'a' }],
    ['resources', { uri: 'a://b', name: 'a' }],
    ['resourceTemplates', { uriTemplate: 'a://{b}', name: 'a' }],
  ] as const)('the description and title of %s hide nothing from people when they are shown', (kind, sound) => {
    const read = readDefinition(kind, JSON.stringify({ ...sound, description: HIDDEN, title: HIDDEN }));
    expect(read).toMatchObject({
      parsed: { description: 'Adds numbers', title: 'Adds numbers' },
      findings: [
        'its title has invisible characters, which are left out',
        'its description has invisible characters, which are left out',
      ],
    });
  });

  it('a schema hides nothing from people when its descriptions are shown, and its data stay as they are', () => {
    const property = { type: 'string', description: HIDDEN, default: HIDDEN };
    const tool = { name: 'a', inputSchema: { type: 'object', properties: { b: property } } };
    expect(readDefinition('tools', JSON.stringify(tool))).toMatchObject({
      parsed: { inputSchema: { properties: { b: { description: 'Adds numbers', default: HIDDEN } } } },
      findings: [expect.stringContaining('says something to nobody but a model')],
    });
  });

  it('a description is cut when it is longer than anybody reads', () => {
    const tool = { name: 'a', inputSchema: { type: 'object' }, description: 'x'.repeat(200_000) };
    expect(readDefinition('tools', JSON.stringify(tool))).toMatchObject({
      parsed: { description: 'x'.repeat(65_536) },
      findings: [expect.stringContaining('longer than 65536 characters and cut')],
    });
  });

  it('a description keeps its lines, and what scripts and emoji are joined by', () => {
    const source = JSON.stringify({
      name: 'a',
      inputSchema: { type: 'object' },
      description: 'می\u200cخواهم\n\t👩\u200d💻',
    });
    expect(readDefinition('tools', source)).toMatchObject({ definition: source, findings: [] });
  });
});
