import { DIFFERENCES, type Difference } from './differences.js';

/** One operation, one value, and what the oracle makes of it otherwise. */
export interface RequestCase {
  readonly name: string;
  /** Of the parameter `c`. */
  readonly parameter?: Readonly<Record<string, unknown>>;
  /** The content of the body, by media type. */
  readonly content?: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  /** What the oracle is given in its place: it takes bytes, not base64. */
  readonly oracleValue?: unknown;
  readonly difference?: Difference;
}

const LIST = ['blue', 'black', 'br own'];
const OBJECT = { R: 100, G: 'x&y' };
const ODD = "a/b?c:d@e!$'()*,;=&#+%[]|é";
const VALUES = [
  ['text', 'blue', { type: 'string' }],
  ['odd text', ODD, { type: 'string' }],
  ['list', LIST, { type: 'array', items: { type: 'string' } }],
  ['object', OBJECT, { type: 'object' }],
] as const;

const styled = (where: string, style: string, explode: boolean): RequestCase[] =>
  VALUES.flatMap(([what, value, schema]) => {
    // A header carries ASCII alone, as it is.
    if (where === 'header' && what === 'odd text') return [];
    const name = `${where} ${style}${explode ? ' explode' : ''}, ${what}`;
    const parameter = { name: 'c', in: where, style, explode, schema, ...(where === 'path' && { required: true }) };
    return [{ name, parameter, value }];
  });

const inPath = ['simple', 'label', 'matrix'].flatMap((style) =>
  [false, true].map((explode) => styled('path', style, explode)),
);
const inQuery = [
  styled('query', 'form', true),
  styled('query', 'form', false),
  styled('query', 'spaceDelimited', false).filter(({ name }) => name.endsWith('list')),
  styled('query', 'pipeDelimited', false).filter(({ name }) => name.endsWith('list')),
  styled('query', 'deepObject', true).filter(({ name }) => /list|object/.test(name)),
];
const elsewhere = [
  styled('header', 'simple', false),
  styled('header', 'simple', true),
  styled('cookie', 'form', false),
];

const content = (mediaType: string, value: unknown, schema: object = {}, more: object = {}): RequestCase => ({
  name: `body ${mediaType}`,
  content: { [mediaType]: { schema, ...more } },
  value,
});

const FORM = { type: 'object', properties: { n: { type: 'integer' }, list: { type: 'array' }, o: { type: 'object' } } };
const BYTES = Buffer.from([0, 1, 2, 253, 254, 255]);
const FILE = { type: 'object', properties: { photo: { type: 'string', format: 'binary' }, name: { type: 'string' } } };

const others: RequestCase[] = [
  {
    name: 'query allowReserved',
    parameter: { name: 'c', in: 'query', allowReserved: true, schema: { type: 'string' } },
    value: 'a/b?c:d@e',
  },
  { name: 'query boolean', parameter: { name: 'c', in: 'query', schema: { type: 'boolean' } }, value: false },
  { name: 'query number', parameter: { name: 'c', in: 'query', schema: { type: 'number' } }, value: 1.5 },
  { name: 'query empty list', parameter: { name: 'c', in: 'query', schema: { type: 'array', items: {} } }, value: [] },
  {
    name: 'query as JSON',
    parameter: { name: 'c', in: 'query', content: { 'application/json': { schema: {} } } },
    value: { a: ['x y'] },
  },
  {
    name: 'path of dots',
    parameter: { name: 'c', in: 'path', required: true, schema: { type: 'string' } },
    value: '..',
  },
  {
    name: 'query nested deepObject',
    parameter: { name: 'c', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
    value: { a: { b: 1 } },
  },
  content('application/json', { a: [1, null, 'é'], b: {} }),
  content('application/merge-patch+json', { gone: null }),
  content('text/plain', 'plain é', { type: 'string' }),
  {
    ...content('application/octet-stream', BYTES.toString('base64'), { type: 'string', format: 'binary' }),
    oracleValue: BYTES,
  },
  { ...content('application/x-www-form-urlencoded', { n: 1, list: ['a b', 'c&d'] }, FORM), name: 'body form, list' },
  { ...content('application/x-www-form-urlencoded', { o: { a: ['x'] } }, FORM), name: 'body form, nested' },
  { ...content('multipart/form-data', { name: 'é "x"', n: 1 }, FORM), name: 'body multipart, texts' },
  { ...content('multipart/form-data', { o: { a: 1 } }, FORM), name: 'body multipart, object' },
  {
    ...content('multipart/form-data', { photo: BYTES.toString('base64'), name: 'n' }, FILE),
    name: 'body multipart, bytes',
    oracleValue: { photo: new File([BYTES], 'photo', { type: 'application/octet-stream' }), name: 'n' },
  },
];

export const REQUEST_CASES: readonly RequestCase[] = [...inPath, ...inQuery, ...elsewhere]
  .flat()
  .concat(others)
  .map((each) => {
    const difference = DIFFERENCES[each.name];
    return difference === undefined ? each : { ...each, difference };
  });

/** Each case is an operation of its own. */
export const documentOf = (cases: readonly RequestCase[], server: string): object => ({
  openapi: '3.0.3',
  info: { title: 'Every style', version: '1' },
  servers: [{ url: server }],
  paths: Object.fromEntries(
    cases.map(({ parameter, content: body }, at) => [
      `/c${at}${parameter?.['in'] === 'path' ? '/{c}' : ''}`,
      {
        [body === undefined ? 'get' : 'post']: {
          operationId: `c${at}`,
          ...(parameter && { parameters: [parameter] }),
          ...(body && { requestBody: { content: body } }),
          responses: { 200: { description: 'ok' } },
        },
      },
    ]),
  ),
});
