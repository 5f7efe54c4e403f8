/**
 * A setting, declared once: what its environment variable holds, what it is when absent, and what it is for. From the
 * declaration come the parsed value, `--help` and the settings page.
 */
export interface Option<Value> {
  /** How the value is written, for the settings page: `integer 1…65535`, `text`, `a | b`. */
  readonly form: string;
  readonly defaultValue: Value;
  /** One or two sentences: what it does. */
  readonly prose: string;
  readonly secret: boolean;
  /** Throws an `Error` that says what is wrong with the text, without repeating a secret. */
  readonly parse: (text: string) => Value;
}

/** The settings of one owner, by the names of their environment variables. */
// oxlint-disable-next-line typescript/no-explicit-any -- stands for "an option of some type"
export type Options = Readonly<Record<string, Option<any>>>;

/** The parsed values of some options, by the same names. */
export type ConfigOf<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer Value> ? Value : never;
};

const option = <Value>(
  form: string,
  defaultValue: Value,
  prose: string,
  parse: (text: string) => Value,
  secret = false,
): Option<Value> => ({ form, defaultValue, prose, secret, parse });

/** Any text; or what `isText` takes, which `form` says. */
export const text = (
  defaultValue: string,
  prose: string,
  { isText = () => true, form = 'text' }: { isText?: (value: string) => boolean; form?: string } = {},
): Option<string> =>
  option(form, defaultValue, prose, (value) => {
    if (!isText(value)) throw new Error(`"${value}" is not ${form}`);
    return value;
  });

/** Any text; `null` where it is unset. */
export const optionalText = (prose: string): Option<string | null> =>
  option<string | null>('text', null, prose, (value) => value);

/** A value that never appears in a log, an error or the settings page. */
export const secret = (prose: string): Option<string | null> =>
  option<string | null>('secret', null, prose, (value) => value, true);

/** Several of them, comma-separated. */
export const secretList = (prose: string): Option<readonly string[]> =>
  option<readonly string[]>('comma-separated secrets', [], prose, splitList, true);

const splitList = (value: string): readonly string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** A whole number within bounds, both included. The unit stands in the prose. */
export const integer = (
  defaultValue: number,
  prose: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Option<number> =>
  option(`integer ${min}…${max === Number.MAX_SAFE_INTEGER ? '' : max}`, defaultValue, prose, (value) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || !Number.isSafeInteger(number)) throw new Error(`"${value}" is not an integer`);
    if (number < min || number > max) throw new Error(`${value} is outside ${min}…${max}`);
    return number;
  });

/** A number within bounds, both included. The unit stands in the prose. */
export const decimal = (
  defaultValue: number,
  prose: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): Option<number> =>
  option(`number ${min}…${max === Number.MAX_SAFE_INTEGER ? '' : max}`, defaultValue, prose, (value) => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number)) throw new Error(`"${value}" is not a number`);
    if (number < min || number > max) throw new Error(`${value} is outside ${min}…${max}`);
    return number;
  });

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);

const parseFlag = (value: string): boolean => {
  const word = value.toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw new Error(`"${value}" is neither true nor false`);
};

/** Yes or no: `true`, `1`, `yes`, `on` and their opposites, in any case. */
export const flag = (defaultValue: boolean, prose: string): Option<boolean> =>
  option('true | false', defaultValue, prose, parseFlag);

/** A flag whose default depends on how the gateway runs. */
export const autoFlag = (prose: string): Option<boolean | 'auto'> =>
  option<boolean | 'auto'>('auto | true | false', 'auto', prose, (value) =>
    value.toLowerCase() === 'auto' ? 'auto' : parseFlag(value),
  );

/** One of some words. */
export const oneOf = <const Values extends readonly string[]>(
  values: Values,
  defaultValue: Values[number],
  prose: string,
): Option<Values[number]> =>
  option<Values[number]>(values.join(' | '), defaultValue, prose, (value) => {
    if (!values.includes(value)) throw new Error(`"${value}" is not one of ${values.join(', ')}`);
    return value;
  });

/** Comma-separated, or a JSON list of texts. */
export const list = (
  defaultValue: readonly string[],
  prose: string,
  { isItem = () => true, items = 'texts' }: { isItem?: (text: string) => boolean; items?: string } = {},
): Option<readonly string[]> =>
  option<readonly string[]>('comma-separated list', defaultValue, prose, (value) => {
    const given = (value.trim().startsWith('[') ? jsonTexts(value) : value.split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '');
    if (!given.every(isItem)) throw new Error(`has members that are no ${items}`);
    return given;
  });

const jsonTexts = (text: string): readonly string[] => {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    throw new Error('begins as a JSON list, but is none');
  }
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string'))
    throw new Error('is no JSON list of texts');
  return items;
};

/** A URL of one of some schemes; `null` where it is unset. A secret, since it may hold a password. */
export const url = (protocols: readonly string[], prose: string): Option<string | null> =>
  option<string | null>(
    `URL (${protocols.join(', ')})`,
    null,
    prose,
    (value) => {
      // A connection URL may hold a password, so the text itself is never repeated.
      if (!URL.canParse(value)) throw new Error('not a URL');
      const { protocol } = new URL(value);
      if (!protocols.includes(protocol)) throw new Error(`scheme ${protocol} is not one of ${protocols.join(', ')}`);
      return value;
    },
    true,
  );
