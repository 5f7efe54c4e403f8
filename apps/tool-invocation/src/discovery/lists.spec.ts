import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListKind, readMessages, serverCodec, type IncomingResult, type Revision } from '#libs/mcp';
import { ODD_ENTRIES } from '#libs/testing';
import type { Peer } from '../conversation/peer.js';
import { type Lists, readLists } from './lists.js';

const METHODS = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
} as const satisfies Record<string, ListKind>;
const CAPABILITIES = { tools: {}, prompts: {}, resources: {} };

type Texts = Partial<Record<ListKind, readonly string[]>>;

/** An upstream that lists this, each list in one page. */
const peerOf = (texts: Texts, capabilities: object = CAPABILITIES, failure?: object): Peer =>
  ({
    identity: { era: 'legacy', capabilities },
    request: async (method: keyof typeof METHODS) => {
      const kind = METHODS[method];
      if (texts[kind] === undefined && failure !== undefined) return { message: { kind: 'error', error: failure } };
      let message: IncomingResult | undefined;
      readMessages(
        `{"jsonrpc":"2.0","id":1,"result":{"${kind}":[${(texts[kind] ?? []).join(',')}]}}`,
        (read) => (message = read as IncomingResult),
        ({ error }) => {
          throw error;
        },
      );
      return { message, httpStatus: 200 };
    },
  }) as unknown as Peer;

const definitionsOf = (lists: Lists): Record<ListKind, string[]> => ({
  tools: lists.tools.map(({ definition }) => definition),
  prompts: lists.prompts.map(({ definition }) => definition),
  resources: lists.resources.map(({ definition }) => definition),
  resourceTemplates: lists.resourceTemplates.map(({ definition }) => definition),
});

const ABOUT = '{"name":"gateway","version":"1"}';

/** Our server side, as far as lists go: the codec of a revision behind a transport of either SDK. */
const transportOf = (lists: Lists, revision: Revision) => {
  const codec = serverCodec(revision);
  const definitions = definitionsOf(lists);
  const cache = { ttlMs: 0, cacheScope: 'private' } as const;
  const answer = (method: string): string => {
    if (method === 'initialize')
      return JSON.stringify({ protocolVersion: revision, capabilities: CAPABILITIES, serverInfo: JSON.parse(ABOUT) });
    if (method === 'server/discover')
      return `{"supportedVersions":["2026-07-28"],"capabilities":${JSON.stringify(CAPABILITIES)},"resultType":"complete","ttlMs":0,"cacheScope":"private"}`;
    const kind = METHODS[method as keyof typeof METHODS];
    const written = definitions[kind].map((text) => codec.definition(kind, text));
    return codec.listResult(kind, written, null, cache, ABOUT);
  };
  const transport = {
    onmessage: undefined as ((message: never) => void) | undefined,
    start: async () => {},
    close: async () => {},
    send: async ({ id, method }: { id?: number | string; method: string }) => {
      if (id === undefined) return;
      const message = JSON.parse(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${answer(method)}}`) as never;
      setImmediate(() => transport.onmessage?.(message));
    },
  };
  return transport;
};

const readers: Record<string, (lists: Lists) => Promise<ClientV1 | ClientV2>> = {
  'SDK v1, 2025-11-25': async (lists) => {
    const client = new ClientV1({ name: 'test', version: '1' });
    await client.connect(transportOf(lists, '2025-11-25') as never);
    return client;
  },
  'SDK v1, 2025-06-18': async (lists) => {
    const client = new ClientV1({ name: 'test', version: '1' });
    await client.connect(transportOf(lists, '2025-06-18') as never);
    return client;
  },
  'SDK v2, 2025-11-25': async (lists) => {
    const client = new ClientV2({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    await client.connect(transportOf(lists, '2025-11-25') as never);
    return client;
  },
  'SDK v2, 2026-07-28': async (lists) => {
    const client = new ClientV2(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(transportOf(lists, '2026-07-28') as never);
    return client;
  },
};

const expectReadable = async (lists: Lists): Promise<void> => {
  for (const [reader, connect] of Object.entries(readers)) {
    const client = await connect(lists);
    const read = {
      tools: (await client.listTools()).tools.map(({ name }) => name),
      prompts: (await client.listPrompts()).prompts.map(({ name }) => name),
      resources: (await client.listResources()).resources.map(({ uri }) => uri),
      templates: (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    };
    expect(read, reader).toEqual({
      tools: lists.tools.map(({ name }) => name),
      prompts: lists.prompts.map(({ name }) => name),
      resources: lists.resources.map(({ uri }) => uri),
      templates: lists.resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    });
    await client.close();
  }
};

describe('an odd entry of an upstream', () => {
  it.each(ODD_ENTRIES.map((entry) => [`${entry.list} with ${entry.what}`, entry] as const))(
    '%s is kept, mended or refused, and readable for both SDKs',
    async (_title, { list, text, becomes, reported }) => {
      const lists = await readLists(peerOf({ [list]: [text] }));
      const [definition] = definitionsOf(lists)[list];
      if (becomes === 'refused') expect(definition).toBeUndefined();
      else if (becomes === 'kept') expect(definition).toBe(text);
      else {
        const found = JSON.parse(definition as string) as Record<string, unknown>;
        for (const [member, value] of Object.entries(becomes)) expect(found[member], member).toEqual(value);
      }
      if (becomes === 'refused' || reported !== undefined) {
        expect(lists.refused).toContainEqual({
          list,
          name: expect.any(String),
          reason: expect.stringContaining(reported ?? ''),
        });
      }
      await expectReadable(lists);
    },
  );

  it('an odd entry of an upstream costs no other entry and no other list', async () => {
    const texts: Record<ListKind, string[]> = { tools: [], prompts: [], resources: [], resourceTemplates: [] };
    for (const { list, text } of ODD_ENTRIES) texts[list].push(text);
    texts.tools.push('{"name":"good","inputSchema":{"type":"object"}}');
    texts.prompts.push('{"name":"good"}');
    const lists = await readLists(peerOf(texts));
    expect(lists.tools.map(({ name }) => name)).toContain('good');
    expect(lists.prompts.map(({ name }) => name)).toContain('good');
    expect(lists.tools).toHaveLength(
      1 + ODD_ENTRIES.filter(({ list, becomes }) => list === 'tools' && becomes !== 'refused').length,
    );
    await expectReadable(lists);
  });
});

describe('a list that an upstream does not declare', () => {
  const TOOL = '{"name":"a","inputSchema":{"type":"object"}}';
  const unknown = { code: -32_601, message: 'Method not found' };
  const refused = { code: -32_600, message: 'not here' };

  it.each([
    ['nothing', {}, { tools: {}, prompts: {} }],
    ['prompts alone', { prompts: {} }, { tools: {}, prompts: {} }],
    ['tools by true', { tools: true, prompts: {} }, { tools: {}, prompts: {} }],
  ])('is offered and declared when the upstream has it and declares %s', async (_, declared, capabilities) => {
    const lists = await readLists(peerOf({ tools: [TOOL], prompts: ['{"name":"b"}'] }, declared, unknown));
    expect([lists.tools.length, lists.prompts.length]).toEqual([1, 1]);
    expect(lists.capabilities).toEqual(capabilities);
    expect(lists.incomplete).toEqual([]);
  });

  it.each([
    [unknown, []],
    [refused, ['tools']],
  ])('costs nothing when the upstream answers %j, and removes none that it had before', async (failure, incomplete) => {
    const lists = await readLists(peerOf({ prompts: ['{"name":"b"}'] }, { prompts: {} }, failure));
    expect(lists.prompts).toHaveLength(1);
    expect(lists).toMatchObject({ tools: [], refused: [], incomplete, capabilities: { prompts: {} } });
  });
});

describe('the lists of the gateway', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const maybe = (sound: fc.Arbitrary<unknown>) => fc.oneof({ weight: 2, arbitrary: sound }, json);
  const schema = fc.letrec((tie) => ({
    schema: fc.dictionary(
      fc.constantFrom(
        'type',
        'properties',
        'required',
        'anyOf',
        'items',
        '$ref',
        '$defs',
        'enum',
        'pattern',
        'description',
        '$schema',
        '$id',
        '$anchor',
        'format',
        'minimum',
        'not',
        'nullable',
        'additionalProperties',
        'formatMinimum',
      ),
      fc.oneof(
        { maxDepth: 3 },
        json,
        fc.constantFrom(
          'object',
          'string',
          ['object', 'null'],
          '#/$defs/a',
          '#',
          '(',
          'https://json-schema.org/draft/2020-12/schema',
        ),
        tie('schema'),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.oneof(json, tie('schema'))),
        fc.array(fc.oneof(json, tie('schema')), { maxLength: 3 }),
      ),
    ),
  })).schema;
  const shared = {
    title: maybe(fc.string()),
    description: maybe(fc.string({ unit: 'binary' })),
    icons: maybe(
      fc.array(fc.record({ src: json, mimeType: json, sizes: json, theme: json }, { requiredKeys: [] }), {
        maxLength: 2,
      }),
    ),
    _meta: json,
  };
  const annotations = maybe(
    fc.dictionary(
      fc.constantFrom('title', 'readOnlyHint', 'destructiveHint', 'audience', 'priority', 'lastModified'),
      maybe(fc.constantFrom(true, 'true', ['user'], 0.5, '2025-01-12T15:00:58Z')),
    ),
  );
  const optional = { requiredKeys: [] as [] };
  const kinds: Record<ListKind, fc.Arbitrary<unknown>> = {
    tools: fc.record(
      {
        name: maybe(fc.string({ minLength: 1 })),
        inputSchema: maybe(schema),
        outputSchema: maybe(schema),
        annotations,
        execution: json,
        ...shared,
      },
      optional,
    ),
    prompts: fc.record(
      {
        name: maybe(fc.string({ minLength: 1 })),
        arguments: maybe(
          fc.array(fc.record({ name: json, description: json, required: json }, optional), { maxLength: 2 }),
        ),
        ...shared,
      },
      optional,
    ),
    resources: fc.record(
      { uri: maybe(fc.string({ minLength: 1 })), name: json, mimeType: json, size: json, annotations, ...shared },
      optional,
    ),
    resourceTemplates: fc.record(
      { uriTemplate: maybe(fc.string({ minLength: 1 })), name: json, mimeType: json, annotations, ...shared },
      optional,
    ),
  };
  const texts = fc.record(
    Object.fromEntries(
      Object.entries(kinds).map(([kind, entry]) => [
        kind,
        fc.array(
          fc
            .oneof({ weight: 5, arbitrary: entry }, { weight: 1, arbitrary: json })
            .map((value) => JSON.stringify(value)),
          { maxLength: 4 },
        ),
      ]),
    ) as Record<ListKind, fc.Arbitrary<string[]>>,
  );

  it('the lists of the gateway can be read by both SDKs in both eras, whatever an upstream lists', {
    timeout: 900_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (listed) => {
        await expectReadable(await readLists(peerOf(listed)));
      }),
      { numRuns: 50 },
    );
  });
});
