/** As much of JSON Schema as a form is made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly $ref?: string;
}

export interface Choice {
  readonly value: unknown;
  readonly label: string;
}

/** How a value is asked for. */
export type FieldKind =
  | { readonly kind: 'choice'; readonly choices: readonly Choice[] }
  | { readonly kind: 'text' | 'long-text' | 'number' | 'integer' | 'boolean' | 'json' }
  | { readonly kind: 'list'; readonly items: Schema }
  | {
      readonly kind: 'group';
      readonly properties: Readonly<Record<string, Schema>>;
      readonly required: readonly string[];
    };

const REFS_MAX = 16;

/** What a `$ref` within the same document leads to, and of a choice between something and null the something. */
export const resolve = (schema: Schema, root: Schema): Schema => {
  let found = schema;
  for (let step = 0; step < REFS_MAX; step++) {
    const { $ref, anyOf, oneOf } = found;
    const something = (anyOf ?? oneOf)?.filter(({ type }) => type !== 'null');
    if ($ref !== undefined) found = { ...without(found, '$ref'), ...at(root, $ref) };
    else if (something?.length === 1 && something[0] !== undefined)
      found = { ...without(found, 'anyOf', 'oneOf'), ...something[0] };
    else return found;
  }
  return {};
};

const without = (schema: Schema, ...names: readonly (keyof Schema)[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name as keyof Schema)));

const at = (root: Schema, ref: string): Schema => {
  if (!ref.startsWith('#/')) return {};
  let found: unknown = root;
  for (const part of ref.slice(2).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? (found as never)[name] : {};
  }
  return found as Schema;
};

const LONG_CHARS = 200;
const LONG_NAMES = /(text|content|message|body|code|query|prompt|sql|script|markdown|html)s?$/i;

/** A schema that no form is made of is asked for as JSON. */
export const kindOf = (name: string, schema: Schema): FieldKind => {
  const choices = choicesOf(schema);
  if (choices !== null) return { kind: 'choice', choices };
  const type = typeof schema.type === 'object' ? schema.type.find((one) => one !== 'null') : schema.type;
  switch (type) {
    case 'string':
      return { kind: (schema.maxLength ?? 0) > LONG_CHARS || LONG_NAMES.test(name) ? 'long-text' : 'text' };
    case 'number':
    case 'integer':
    case 'boolean':
      return { kind: type };
    case 'array':
      return schema.items === undefined ? { kind: 'json' } : { kind: 'list', items: schema.items };
    case 'object':
      return schema.properties === undefined
        ? { kind: 'json' }
        : { kind: 'group', properties: schema.properties, required: schema.required ?? [] };
    default:
      return { kind: 'json' };
  }
};

const choicesOf = ({ enum: values, oneOf }: Schema): readonly Choice[] | null => {
  if (values !== undefined) return values.map((value) => ({ value, label: labelOf(value) }));
  if (oneOf === undefined || !oneOf.every((one) => 'const' in one)) return null;
  return oneOf.map(({ const: value, title }) => ({ value, label: title ?? labelOf(value) }));
};

const labelOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What a form begins with: the defaults of the schema. */
export const initialOf = (schema: Schema): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(schema.properties ?? {}).flatMap(([name, { default: value }]) =>
      value === undefined || value === null ? [] : [[name, value]],
    ),
  );
