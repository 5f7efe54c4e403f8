import { fail } from '#libs/errors';

/** Members whose values are somebody else's data: their names are not ours to change. */
const FOREIGN =
  /^(?:_?meta|arguments|args|env|config|annotations|body|data|value|inputResponses|(?:.*[a-z])?(?:[sS]chema|[hH]eaders|[eE]nv|[aA]nnotations|[mM]apping))$/;
const LEVELS = 2;

/** Requests may name their members in snake_case or camelCase; the services read camelCase. */
export const toCamelCase = (body: unknown): unknown => rename(body, LEVELS);

const rename = (value: unknown, levels: number): unknown => {
  if (levels === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => rename(item, levels));
  const renamed: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const camel = camelName(name);
    if (Object.hasOwn(renamed, camel)) throw fail('http.invalid', { message: `"${camel}" is given in two spellings` });
    renamed[camel] = FOREIGN.test(camel) ? member : rename(member, levels - 1);
  }
  return renamed;
};

const camelName = (name: string): string =>
  name.includes('_', 1) ? name.replace(/(?<=[^_])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name;
