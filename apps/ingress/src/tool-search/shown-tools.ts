import type { CatalogTool } from '#contracts/registry/catalog';
import { isObject, membersOf, valueText } from '#libs/mcp';

/** For English and JSON; a tokenizer would be another for each model. */
const CHARS_PER_TOKEN = 4;
const ABOUT_CHARS_MAX = 240;
const ARGUMENTS_MAX = 16;

/** About so many tokens, by its length in UTF-8. */
export const tokensIn = (text: string): number => Math.ceil(Buffer.byteLength(text) / CHARS_PER_TOKEN);

/** A line for each tool, the best first, as many as fit, and how many more there are. `count`: of all that fit the query. */
export const foundTools = (tools: readonly CatalogTool[], count: number, tokensMax: number): string => {
  if (count === 0) return 'No tool fits. Try other or fewer words.';
  const lines: string[] = [];
  let tokens = 0;
  for (const tool of tools) {
    const line = lineOf(tool);
    tokens += tokensIn(`${line}\n`);
    if (tokens > tokensMax && lines.length > 0) break;
    lines.push(line);
  }
  if (count > lines.length)
    lines.push(`(${count - lines.length} more fit less well; say more precisely what is wanted)`);
  return lines.join('\n');
};

/** What a client needs to call a tool: the result's schema only where there is room for it. */
export const describedTool = (definition: string, tokensMax: number): string => {
  const shown = (names: readonly string[]): string =>
    `{${membersOf(definition)
      .filter(({ key }) => names.includes(key))
      .map((member) => `${JSON.stringify(member.key)}:${valueText(definition, member)}`)
      .join()}}`;
  const whole = shown([...NEEDED, 'outputSchema']);
  return tokensIn(whole) > tokensMax ? shown(NEEDED) : whole;
};

const NEEDED = ['name', 'title', 'description', 'inputSchema', 'annotations', 'execution'];

/** `name(argument: type, optional?: type): what it does` */
const lineOf = ({ name, definition }: CatalogTool): string => {
  const { description, inputSchema } = JSON.parse(definition) as Readonly<Record<string, unknown>>;
  const about = typeof description === 'string' ? description.replaceAll(/\s+/g, ' ').trim() : '';
  const said = about.length > ABOUT_CHARS_MAX ? `${about.slice(0, ABOUT_CHARS_MAX)}…` : about;
  return `${name}(${argumentsOf(inputSchema)})${said === '' ? '' : `: ${said}`}`;
};

const argumentsOf = (schema: unknown): string => {
  const { properties, required } = isObject(schema) ? schema : {};
  if (!isObject(properties)) return '';
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  const names = Object.keys(properties).toSorted((one, other) => Number(needed.has(other)) - Number(needed.has(one)));
  const shown = names.slice(0, ARGUMENTS_MAX).map((name) => {
    const { type } = isObject(properties[name]) ? properties[name] : {};
    return `${name}${needed.has(name) ? '' : '?'}${typeof type === 'string' ? `: ${type}` : ''}`;
  });
  return [...shown, ...(names.length > ARGUMENTS_MAX ? ['…'] : [])].join(', ');
};
