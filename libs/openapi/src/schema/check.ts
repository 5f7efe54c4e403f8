import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Schema } from '../json.js';
import { linearMatcher } from './patterns.js';

/** Says what is wrong with a value; `null`: nothing. */
export type Check = (value: unknown) => string | null;

/** So many schemas are applied in one check; a document can be made to take years. */
const STEPS_MAX = 50_000;
/** The keyword that counts. */
export const STEP = 'x-step';

interface Run {
  steps: number;
}

/**
 * A check of values against a JSON Schema 2020-12 whose references all lead to its own `$defs`. It takes bounded time
 * whatever the schema and the value: patterns are matched in linear time, and steps are counted. Throws where the schema
 * is not valid.
 */
export const compileCheck = (schema: Schema): Check => compileStepped(counted(schema));

/** The same for a schema that says itself where steps are counted. */
export const compileStepped = (schema: Schema): Check => {
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    // What comes here was converted keyword by keyword; the check of it would cost more than all the rest.
    validateSchema: false,
    meta: false,
    logger: false,
    inlineRefs: false,
    passContext: true,
    ownProperties: true,
    code: { regExp: Object.assign((pattern: string) => linearMatcher(pattern), { code: 'linearMatcher' }) as never },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: unknown[]) => !wanted || areDistinct(items),
  });
  ajv.addKeyword({
    keyword: STEP,
    // Ahead of all that applies schemas: a branch that fails is counted too.
    before: 'not',
    validate(this: Run) {
      if (++this.steps > STEPS_MAX) throw new TooManySteps();
      return true;
    },
  });
  const validate = ajv.compile(schema);
  return (value) => problemOf(validate, value);
};

class TooManySteps extends Error {}

const problemOf = (validate: ValidateFunction, value: unknown): string | null => {
  const run: Run = { steps: 0 };
  try {
    return validate.call(run, value) ? null : sentenceOf(validate.errors?.[0]);
  } catch (error) {
    if (error instanceof TooManySteps || error instanceof RangeError)
      return 'they take too long to check against the schema';
    throw error;
  }
};

/** Every way in circles leads through `$defs`, so that is where steps are counted. */
const counted = (schema: Schema): Schema => {
  const definitions = Object.entries((schema['$defs'] ?? {}) as Record<string, Schema | boolean>);
  if (definitions.length === 0) return schema;
  const marked = definitions.map(([name, definition]) => [
    name,
    typeof definition === 'boolean' ? definition : { [STEP]: true, ...definition },
  ]);
  return { ...schema, $defs: Object.fromEntries(marked) };
};

const areDistinct = (items: readonly unknown[]): boolean =>
  new Set(items.map((item) => (typeof item === 'object' ? canonical(item) : item))).size === items.length;

/** JSON text with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );

const DETAIL_CHARS_MAX = 300;

/** Names the place and the rule, never the value. */
const sentenceOf = (error: ErrorObject | undefined): string => {
  if (error === undefined) return 'they do not fit the schema';
  const place = error.instancePath === '' ? 'the arguments' : `"${error.instancePath.slice(1).replaceAll('/', '.')}"`;
  const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params['allowedValues'])}` : '';
  const extra = error.keyword === 'additionalProperties' ? ` ("${String(error.params['additionalProperty'])}")` : '';
  return `${place} ${error.message ?? 'does not fit the schema'}${extra}${allowed}`.slice(0, DETAIL_CHARS_MAX);
};
