import { UsageError } from '../../terminal/failure.js';
import { isMembers } from '../import/members.js';

const REFERENCE = /\$?\$\{ENV:([^{}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DEPTH_MAX = 64;
/** Of one entry with its references; YAML can repeat what stands once. */
const CHARS_MAX = 768 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A value with what the environment holds in the place of each `${ENV:NAME}` in its texts; `$${ENV:NAME}` stands for the text
 * itself. `place` begins the sentence of the `UsageError` for a variable that is not set, and for what is too large or too deep.
 */
export const withReferences = (value: unknown, env: Environment, place: string): unknown => {
  let chars = 0;
  const count = (more: number): void => {
    chars += more;
    if (chars > CHARS_MAX) throw new UsageError(`${place} is larger than ${CHARS_MAX} characters`);
  };
  const resolved = (each: unknown, depth: number): unknown => {
    if (depth > DEPTH_MAX) throw new UsageError(`${place} nests deeper than ${DEPTH_MAX}`);
    count(1);
    if (typeof each === 'string') {
      const text = each.replace(REFERENCE, (whole, name: string) => valueOf(whole, name, env, place));
      count(text.length);
      return text;
    }
    if (Array.isArray(each)) return each.map((item: unknown) => resolved(item, depth + 1));
    if (!isMembers(each)) return each;
    return Object.fromEntries(
      Object.entries(each).map(([key, member]) => {
        count(key.length);
        return [key, resolved(member, depth + 1)];
      }),
    );
  };
  return resolved(value, 0);
};

const valueOf = (whole: string, name: string, env: Environment, place: string): string => {
  if (whole.startsWith('$$')) return whole.slice(1);
  if (!NAME.test(name)) throw new UsageError(`${place} refers to a variable whose name is none`);
  const value = env[name];
  if (value === undefined) throw new UsageError(`${place} needs the variable ${name}, which is not set`);
  return value;
};

/** Whether a value has a reference in it. */
export const hasReference = (value: unknown): boolean =>
  JSON.stringify(value)
    ?.replaceAll(/\$\$\{ENV:/g, '')
    .includes('${ENV:') ?? false;

/** The names of the variables that a value refers to. */
export const referencesIn = (value: unknown): string[] =>
  [...(JSON.stringify(value) ?? '').matchAll(REFERENCE)]
    .filter(([whole]) => !whole.startsWith('$$'))
    .map(([, name = '']) => name);
