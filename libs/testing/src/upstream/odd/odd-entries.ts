import type { ListKind } from '#libs/mcp';

/** One entry of a list as a server somewhere writes it, and what is to become of it. */
export interface OddEntry {
  readonly list: ListKind;
  /** Continues "an entry with ...". */
  readonly what: string;
  /** JSON text. */
  readonly text: string;
  /** `kept`: byte for byte. `mended`: offered, readable, with these members (`undefined`: without). `refused`: left out. */
  readonly becomes: 'kept' | 'refused' | Readonly<Record<string, unknown>>;
  /** A word of what is reported. */
  readonly reported?: string;
}

const names = { tools: 'name', prompts: 'name', resources: 'uri', resourceTemplates: 'uriTemplate' } as const;
const counts = { tools: 0, prompts: 0, resources: 0, resourceTemplates: 0 };
const SCHEMA = { type: 'object' };

const nextName = (list: ListKind): string => {
  const name = `odd_${list.toLowerCase()}_${++counts[list]}`;
  return list === 'resources' ? `odd://${name}` : list === 'resourceTemplates' ? `odd://${name}/{id}` : name;
};

const odd = (
  list: ListKind,
  what: string,
  members: object,
  becomes: OddEntry['becomes'],
  reported?: string,
): OddEntry => {
  const sound = list === 'tools' ? { inputSchema: SCHEMA } : list === 'prompts' ? {} : { name: 'odd' };
  const text = JSON.stringify({ [names[list]]: nextName(list), ...sound, ...members });
  return { list, what, text, becomes, ...(reported !== undefined && { reported }) };
};

const tool = odd.bind(null, 'tools');
const prompt = odd.bind(null, 'prompts');
const resource = odd.bind(null, 'resources');
const template = odd.bind(null, 'resourceTemplates');
const input = (inputSchema: unknown, mended: OddEntry['becomes'], what: string, reported?: string): OddEntry =>
  tool(
    `an inputSchema ${what}`,
    { inputSchema },
    mended === 'kept' || mended === 'refused' ? mended : { inputSchema: mended },
    reported,
  );
const output = (outputSchema: unknown, mended: unknown, what: string): OddEntry =>
  tool(`an outputSchema ${what}`, { outputSchema }, mended === 'kept' ? 'kept' : { outputSchema: mended });

const nested = (depth: number): object => (depth === 0 ? {} : { not: nested(depth - 1) });

/** Definitions out of shape: one each of all that were seen in the field, and their like. */
export const ODD_ENTRIES: readonly OddEntry[] = [
  input({}, SCHEMA, 'that is empty'),
  input({ properties: { a: {} } }, { properties: { a: {} }, type: 'object' }, 'without a type', 'does not say'),
  input({ anyOf: [{ required: ['a'] }] }, { anyOf: [{ required: ['a'] }], type: 'object' }, 'with anyOf at its root'),
  input({ type: null }, SCHEMA, 'whose type is null'),
  input({ type: ['object', 'null'] }, SCHEMA, 'of an object or null'),
  input({ type: 'Object' }, SCHEMA, 'of an "Object"'),
  input({ type: 'string' }, 'refused', 'of a string', 'not of an object'),
  input('object', 'refused', 'that is text'),
  input([], 'refused', 'that is a list'),
  input(true, 'refused', 'that is true'),
  input(null, SCHEMA, 'that is null', 'no inputSchema'),
  input(undefined, SCHEMA, 'that is missing', 'no inputSchema'),
  input({ type: 'object', properties: null }, SCHEMA, 'with properties that are null'),
  input({ type: 'object', properties: [] }, SCHEMA, 'with properties that are an empty list'),
  input({ type: 'object', properties: [{}] }, 'refused', 'with properties in a list'),
  input(
    { type: 'object', properties: { a: true } },
    { type: 'object', properties: { a: {} } },
    'with a property that is true',
  ),
  input(
    { type: 'object', properties: { a: false } },
    { type: 'object', properties: { a: { not: {} } } },
    'with a property that is false',
  ),
  input(
    { type: 'object', properties: { a: null } },
    { type: 'object', properties: { a: {} } },
    'with a property that is null',
  ),
  input(
    { type: 'object', properties: { a: 'string' } },
    { type: 'object', properties: { a: { type: 'string' } } },
    'with a property that is a type',
  ),
  input({ type: 'object', properties: { a: 7 } }, 'refused', 'with a property that is a number'),
  input({ type: 'object', required: null }, SCHEMA, 'with required: null'),
  input({ type: 'object', required: true }, SCHEMA, 'with required: true', 'required'),
  input({ type: 'object', required: 'a' }, { type: 'object', required: ['a'] }, 'with required as text'),
  input({ type: 'object', required: ['a', null] }, { type: 'object', required: ['a'] }, 'with null among the required'),
  input({ $schema: 7, type: 'object' }, SCHEMA, 'with a $schema that is no text'),
  input({ type: 'object', ...nested(200) }, 'refused', 'nested deeper than anybody reads', 'deeper'),
  input(
    { type: 'object', description: 'a\u202Eb\u200B' },
    { type: 'object', description: 'ab' },
    'that hides what it says',
  ),
  input(
    { type: 'object', properties: { a: { type: 'number', 'x-mcp-header': 'A' } } },
    'refused',
    'with an illegal x-mcp-header',
  ),
  output(null, undefined, 'that is null'),
  output('x', undefined, 'that is text'),
  output([], undefined, 'that is a list'),
  output({ properties: { a: {} } }, { properties: { a: {} }, type: 'object' }, 'without a type'),
  output({ type: 'object', properties: null, required: null }, SCHEMA, 'with members that are null'),
  output({ type: 'object', properties: 7 }, undefined, 'with properties that are a number'),
  output({ type: 'object', $ref: '#/$defs/gone' }, undefined, 'with a reference into nowhere'),
  output({ type: 'object', properties: { a: { pattern: '(' } } }, undefined, 'with a pattern that is none'),
  output({ type: 'thing' }, undefined, 'of a type that is none'),
  output({ type: 'object', properties: { a: { nullable: true } } }, undefined, 'that is nullable without a type'),
  output({ $schema: 'https://example.com/own', type: 'object' }, undefined, 'in a dialect of its own'),
  output({ $id: 'https://example.com/one', type: 'object' }, SCHEMA, 'with an id'),
  output({ type: 'object', properties: { a: { $id: 'https://example.com/two' } } }, undefined, 'with an id inside'),
  output({ type: 'array', items: { type: 'string' } }, 'kept', 'of a list'),
  output({ anyOf: [{ type: 'object' }, { type: 'null' }] }, 'kept', 'of an object or null'),
  output({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, 'kept', 'of draft-07'),
  tool('a description that is null', { description: null }, { description: undefined }),
  tool('a description that is a number', { description: 7 }, { description: undefined }, 'description'),
  tool(
    'a description with directions',
    { description: 'pay \u2066evil\u2069' },
    { description: 'pay evil' },
    'invisible',
  ),
  tool(
    'a description with tags nobody sees',
    { description: 'ok\u{E0041}\u{E0042}' },
    { description: 'ok' },
    'invisible',
  ),
  tool(
    'a description beyond all measure',
    { description: 'x'.repeat(70_000) },
    { description: 'x'.repeat(65_536) },
    'longer',
  ),
  tool('a description in many scripts', { description: 'नमस्ते\n👩‍💻 می‌خواهم\t漢字' }, 'kept'),
  tool('annotations that are null', { annotations: null }, { annotations: undefined }),
  tool('annotations that are text', { annotations: 'safe' }, { annotations: undefined }, 'annotations'),
  tool('a flag that is text', { annotations: { readOnlyHint: 'true' } }, { annotations: { readOnlyHint: true } }),
  tool(
    'a flag that is a number',
    { annotations: { readOnlyHint: 1, title: 'T' } },
    { annotations: { title: 'T' } },
    'readOnlyHint',
  ),
  tool('a flag that is null', { annotations: { openWorldHint: null } }, { annotations: {} }),
  tool('icons that are text', { icons: 'x' }, { icons: undefined }, 'icons'),
  tool('icons that are null', { icons: null }, { icons: undefined }),
  tool(
    'an icon without a src',
    { icons: [{ mimeType: 'image/png' }, { src: 'https://a/i' }] },
    { icons: [{ src: 'https://a/i' }] },
    'src',
  ),
  tool(
    'sizes of an icon as text',
    { icons: [{ src: 'a', sizes: '48x48 any' }] },
    { icons: [{ src: 'a', sizes: ['48x48', 'any'] }] },
  ),
  tool('a theme that is none', { icons: [{ src: 'a', theme: 'blue' }] }, { icons: [{ src: 'a' }] }, 'theme'),
  tool('a title that is an object', { title: { en: 'T' } }, { title: undefined }, 'title'),
  tool('_meta that is null', { _meta: null }, { _meta: undefined }),
  tool('_meta that is a list', { _meta: [] }, { _meta: undefined }, '_meta'),
  tool('execution that is text', { execution: 'required' }, { execution: undefined }, 'execution'),
  tool('a taskSupport that is none', { execution: { taskSupport: true } }, { execution: {} }, 'taskSupport'),
  tool('members nobody knows', { 'x-order': [3, 2], category: null }, 'kept'),
  { list: 'tools', what: 'nothing in it', text: 'null', becomes: 'refused', reported: 'no name' },
  { list: 'tools', what: 'a number in its place', text: '7', becomes: 'refused', reported: 'no name' },
  {
    list: 'tools',
    what: 'no name',
    text: '{"inputSchema":{"type":"object"}}',
    becomes: 'refused',
    reported: 'no name',
  },
  {
    list: 'tools',
    what: 'a name that is a number',
    text: '{"name":7,"inputSchema":{"type":"object"}}',
    becomes: 'refused',
  },
  {
    list: 'tools',
    what: 'a key that stands twice and has to be mended',
    text: '{"name":"twice","title":null,"title":7,"inputSchema":{}}',
    becomes: 'refused',
    reported: 'twice',
  },
  prompt('arguments that are null', { arguments: null }, { arguments: undefined }),
  prompt('arguments that are an empty object', { arguments: {} }, { arguments: undefined }),
  prompt('arguments that are an object', { arguments: { a: {} } }, 'refused', 'no list'),
  prompt('an argument that is a name', { arguments: ['a'] }, { arguments: [{ name: 'a' }] }),
  prompt('an argument without a name', { arguments: [{ description: 'a' }] }, 'refused', 'no name'),
  prompt(
    'an argument that is required in words',
    { arguments: [{ name: 'a', required: 'true' }] },
    { arguments: [{ name: 'a', required: true }] },
  ),
  prompt(
    'an argument of members that are null',
    { arguments: [{ name: 'a', required: null, description: null }] },
    { arguments: [{ name: 'a' }] },
  ),
  prompt('a description that is null', { description: null }, { description: undefined }),
  prompt('a description that is a list', { description: ['a'] }, { description: undefined }, 'description'),
  { list: 'prompts', what: 'no name', text: '{"description":"x"}', becomes: 'refused', reported: 'no name' },
  resource('no name', { name: undefined }, { name: 'odd://odd_resources_1' }, 'no name'),
  resource('a mimeType that is null', { mimeType: null }, { mimeType: undefined }),
  resource('a mimeType that is a list', { mimeType: ['a/b'] }, { mimeType: undefined }, 'mimeType'),
  resource('a size that is text', { size: '12' }, { size: undefined }, 'size'),
  resource(
    'an audience that is none',
    { annotations: { audience: ['user', 'robot'] } },
    { annotations: { audience: ['user'] } },
  ),
  resource('an audience that is text', { annotations: { audience: 'user' } }, { annotations: {} }, 'audience'),
  resource('a priority beyond its bounds', { annotations: { priority: 5 } }, { annotations: {} }, 'priority'),
  resource(
    'a date without a time',
    { annotations: { lastModified: '2025-01-12' } },
    { annotations: {} },
    'lastModified',
  ),
  resource('a day that never was', { annotations: { lastModified: '2025-02-30T00:00:00Z' } }, { annotations: {} }),
  resource('a time with an offset', { annotations: { lastModified: '2025-01-12T15:00:58.5+02:00' } }, 'kept'),
  { list: 'resources', what: 'no uri', text: '{"name":"x"}', becomes: 'refused', reported: 'no uri' },
  template('no name', { name: undefined }, { name: 'odd://odd_resourcetemplates_1/{id}' }, 'no name'),
  template('a title that is null', { title: null, description: null, mimeType: null }, { title: undefined }),
  template('annotations that are text', { annotations: 'x' }, { annotations: undefined }, 'annotations'),
];
