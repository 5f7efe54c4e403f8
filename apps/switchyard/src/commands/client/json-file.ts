import { applyEdits, type FormattingOptions, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';

const PARSING = { allowTrailingComma: true, allowEmptyContent: true } as const;

/** What the file holds. Throws a sentence where it is no JSON, with comments or without. */
const read = (text: string): Readonly<Record<string, unknown>> => {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, PARSING);
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new Error(`is not valid JSON: ${printParseErrorCode(first.error)} in line ${line}`);
  }
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value)))
    throw new Error('holds no object');
  return (value ?? {}) as Readonly<Record<string, unknown>>;
};

/** As the file is indented itself. */
const formatOf = (text: string): FormattingOptions => {
  const [, indent = '  '] = /^([ \t]+)\S/m.exec(text) ?? [];
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.startsWith('\t') ? 1 : indent.length, eol: '\n' };
};

/** What stands under the name of the server; undefined where nothing does. */
export const entryInJson = (text: string, member: string, name: string): unknown => {
  const servers = read(text)[member];
  return typeof servers === 'object' && servers !== null && Object.hasOwn(servers, name)
    ? (servers as Readonly<Record<string, unknown>>)[name]
    : undefined;
};

/** The text with one server more, changed, or (of no entry) gone. Comments and everything else stay as they are. */
export const withEntryInJson = (text: string, member: string, name: string, entry: object | undefined): string => {
  read(text);
  const formattingOptions = formatOf(text);
  const whole = text.trim() === '' ? '{}\n' : text;
  return applyEdits(whole, modify(whole, [member, name], entry, { formattingOptions }));
};
