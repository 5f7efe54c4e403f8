import { GatewayError } from '#libs/errors';
import { isObject } from '../../json/is-object.js';
import { checkDepth } from '../../json/limits.js';
import { memberText, withMembers } from '../../json/members.js';
import type { ListKind } from '../../lists.js';
import { Faulty, flag, list, number, object, oneOf, type Rule, text } from './mend.js';
import { inputSchema, outputSchema } from './schema.js';
import { shownText } from './shown-text.js';

/** An entry of a list, fit to be listed: as the upstream wrote it where that was sound. */
export interface ReadDefinition {
  /** The name, the URI or the URI template it goes by. */
  readonly name: string;
  readonly definition: string;
  readonly parsed: Readonly<Record<string, unknown>>;
  /** What was mended or left out of it, where that changes what it says. */
  readonly findings: readonly string[];
}

/** An entry that is left out of its list, and why. */
export interface RefusedDefinition {
  /** As much of its name as can be told. */
  readonly name: string;
  readonly reason: string;
}

const NAME_CHARS_MAX = 1_024;
const SHOWN_NAME_CHARS = 128;
const DEFINITION_CHARS_MAX = 1_048_576;
/** Room for every real schema, and far from where anything recursive runs out of stack. */
const DEPTH_MAX = 96;
const FINDINGS_MAX = 8;

const NAMED_BY: Readonly<Record<ListKind, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
};

/**
 * Reads one entry of a list. One member out of shape takes the whole list from clients of the official SDKs, so what has
 * one obvious meaning is mended, and what has none is left out: the member where it only describes, else the entry.
 * Throws a `SyntaxError` for what is no JSON.
 */
export const readDefinition = (kind: ListKind, source: string): ReadDefinition | RefusedDefinition => {
  if (source.length > DEFINITION_CHARS_MAX) return { name: '', reason: 'its definition is too large' };
  let name = '';
  try {
    checkDepth(source, DEPTH_MAX);
    const value: unknown = JSON.parse(source);
    const by = NAMED_BY[kind];
    const named = isObject(value) ? value[by] : undefined;
    if (!isObject(value) || typeof named !== 'string' || named === '') return { name, reason: `it has no ${by}` };
    name = named.slice(0, SHOWN_NAME_CHARS);
    if (named.length > NAME_CHARS_MAX) return { name, reason: `its ${by} is too long` };
    return { name: named, ...mend(kind, value, source) };
  } catch (error) {
    if (error instanceof Faulty) return { name, reason: error.message };
    if (!(error instanceof GatewayError)) throw error;
    const reason = error.message.startsWith('Nested')
      ? `its definition is nested deeper than ${DEPTH_MAX}`
      : 'a key stands twice in its definition';
    return { name: name || nameIn(source, NAMED_BY[kind]), reason };
  }
};

type Json = Readonly<Record<string, unknown>>;

const mend = (kind: ListKind, value: Json, source: string): Omit<ReadDefinition, 'name'> => {
  const findings: string[] = [];
  const completed = withWhatIsMissing(kind, value, source, findings);
  const whole: Json = completed === source ? value : (JSON.parse(completed) as Json);
  const mended = RULES[kind](
    whole,
    () => completed,
    (said) => {
      if (findings.length < FINDINGS_MAX) findings.push(`its ${said}`);
    },
  );
  const definition = mended ?? completed;
  return { definition, parsed: definition === source ? value : (JSON.parse(definition) as Json), findings };
};

/** A resource without a name goes by its URI; a tool without a schema takes no arguments that anybody knows of. */
const withWhatIsMissing = (kind: ListKind, value: Json, source: string, findings: string[]): string => {
  if (kind === 'tools') {
    if (value.inputSchema !== undefined && value.inputSchema !== null) return source;
    findings.push('it has no inputSchema: any arguments are taken');
    return withMembers(source, { inputSchema: '{"type":"object"}' });
  }
  if (kind === 'prompts' || typeof value.name === 'string') return source;
  findings.push('it has no name and goes by its URI');
  return withMembers(source, { name: JSON.stringify(value[NAMED_BY[kind]]) });
};

const nameIn = (source: string, by: string): string => {
  try {
    const name: unknown = JSON.parse(memberText(source, by) ?? '""');
    return typeof name === 'string' ? name.slice(0, SHOWN_NAME_CHARS) : '';
  } catch {
    return '';
  }
};

const anyObject: Rule = object({});

/** "48x48 96x96" is how HTML writes it, and how drafts of the protocol did. */
const sizes: Rule = (value, valueText, note) =>
  typeof value === 'string' ? JSON.stringify(value.split(/\s+/).filter(Boolean)) : list(text)(value, valueText, note);

const iconMembers = object({ src: text, mimeType: text, sizes, theme: oneOf('light', 'dark') });
const icon: Rule = (value, valueText, note) => {
  if (!isObject(value) || typeof value.src !== 'string') {
    note('has one without a src, which is left out');
    return null;
  }
  return iconMembers(value, valueText, note);
};

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const dateTime: Rule = (value, _text, note) => {
  const [, year, month, day] = (typeof value === 'string' ? DATE_TIME.exec(value) : null) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)) return undefined;
  note('is no date and time with an offset and left out');
  return null;
};

const shared = { title: shownText, description: shownText, icons: list(icon), _meta: anyObject };

const contentAnnotations = object({
  audience: list(oneOf('user', 'assistant')),
  priority: number(0, 1),
  lastModified: dateTime,
});

const argumentMembers = object({ title: shownText, description: shownText, required: flag });
const argument: Rule = (value, valueText, note) => {
  if (typeof value === 'string') return JSON.stringify({ name: value });
  if (!isObject(value) || typeof value.name !== 'string') throw new Faulty('one of its arguments has no name');
  return argumentMembers(value, valueText, note);
};
const promptArguments: Rule = (value, valueText, note) => {
  if (isObject(value) && Object.keys(value).length === 0) return null;
  if (!Array.isArray(value)) throw new Faulty('its arguments are no list');
  return list(argument)(value, valueText, note);
};

const resource = { ...shared, mimeType: text, annotations: contentAnnotations };

const RULES: Readonly<Record<ListKind, Rule>> = {
  tools: object({
    ...shared,
    inputSchema,
    outputSchema,
    annotations: object({
      title: shownText,
      readOnlyHint: flag,
      destructiveHint: flag,
      idempotentHint: flag,
      openWorldHint: flag,
    }),
    execution: object({ taskSupport: oneOf('required', 'optional', 'forbidden') }),
  }),
  prompts: object({ ...shared, arguments: promptArguments }),
  resources: object({ ...resource, size: number(-Number.MAX_VALUE, Number.MAX_VALUE) }),
  resourceTemplates: object(resource),
};
