import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryBench } from './given-registry.js';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly allOf?: readonly object[];
  readonly example?: unknown;
}

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: object;
}

interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let bench: RegistryBench;
let document: Document;
beforeAll(async () => {
  bench = await RegistryBench.open();
  const registry = await bench.registry();
  document = (await registry.ask('GET', '/docs-json')).body;
});
afterAll(() => bench.close());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

describe('OpenAPI of the registry', () => {
  it('the OpenAPI document describes the answer of each operation with a schema and an example when it succeeds', () => {
    const lacking = operations().filter(([, { summary, responses }]) => {
      const success = responses['200'] ?? responses['201'];
      const media = success?.content?.['application/json'];
      return !summary || media?.schema === undefined || (media.example ?? media.examples) === undefined;
    });
    expect(lacking.map(([name]) => name)).toEqual([]);
    expect(operations().length).toBeGreaterThan(30);
  });

  it('the OpenAPI document describes what each operation answers when the caller has no token or may not do it', () => {
    const lacking = operations().filter(([, { responses }]) =>
      ['401', '403', '503'].some((status) => responses[status]?.content?.['application/json']?.examples === undefined),
    );
    expect(lacking.map(([name]) => name)).toEqual([]);
  });

  it('the OpenAPI document gives every member a type when a body or view declares it', () => {
    const untyped = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      Object.entries(schema.properties ?? {})
        .filter(
          // What may be null names its schema in `allOf`.
          ([, { type, properties, additionalProperties, allOf }]) =>
            type === 'object' && !properties && !additionalProperties && !allOf,
        )
        .map(([member]) => `${name}.${member}`),
    );
    expect(untyped).toEqual([]);
    expect(document.components.schemas.RegisterGatewayBody?.properties?.url?.type).toBe('string');
  });
});
