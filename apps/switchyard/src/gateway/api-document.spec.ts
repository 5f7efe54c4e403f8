import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
}
interface MediaType {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: object;
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, MediaType>> }>>;
}

/** The committed document, which `npm run docs:check` keeps equal to the code. */
const { paths, components } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../../docs/reference/openapi.json'), 'utf8'),
) as {
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, Schema>> };
};

const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
);
const bodiesOf = ({ responses }: Operation, statuses: RegExp): (MediaType | undefined)[] =>
  Object.entries(responses)
    .filter(([status]) => statuses.test(status) && status !== '204')
    .map(([, { content }]) => Object.values(content ?? {})[0]);

/** Whether each value has an example, or a format or list of values that says as much. */
const isExemplified = (schema: Schema | undefined): boolean => {
  if (schema === undefined) return false;
  if ('example' in schema || schema.format !== undefined || schema.enum !== undefined) return true;
  if (schema.$ref !== undefined) return isExemplified(components.schemas[schema.$ref.split('/').at(-1) ?? '']);
  if (schema.items !== undefined) return isExemplified(schema.items);
  const parts = [...Object.values(schema.properties ?? {}), ...(schema.allOf ?? []), ...(schema.oneOf ?? [])];
  return parts.length > 0 && parts.every(isExemplified);
};

describe('the OpenAPI document', () => {
  it('the OpenAPI document names each operation once, under /v1', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(paths).filter((path) => !path.startsWith('/v1/'))).toEqual([]);
  });

  it.each(operations)(
    'the OpenAPI document says what %s answers, with an example, and how it fails',
    (_name, operation) => {
      const statuses = Object.keys(operation.responses);
      // Some do nothing but send a browser on.
      expect(statuses).toContainEqual(expect.stringMatching(/^2|^302$/));
      for (const body of bodiesOf(operation, /^2/)) {
        expect(body?.schema).toBeDefined();
        expect(body?.example !== undefined || body?.examples !== undefined || isExemplified(body?.schema)).toBe(true);
      }
      expect(statuses).toContainEqual(expect.stringMatching(/^4/));
      for (const body of bodiesOf(operation, /^[45]/)) expect(body).toMatchObject({ schema: {}, examples: {} });
    },
  );
});
