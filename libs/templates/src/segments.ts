import { TemplateRefused } from './limits.js';

/** A part of a template: text as it is, `{{ an output }}`, or `{% a block %}`. */
export interface Segment {
  readonly kind: 'text' | 'output' | 'block';
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

const END = { '{{': '}}', '{%': '%}', '{#': '#}' } as const;
type Opening = keyof typeof END;

const QUOTED = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y;

/**
 * Cuts a template up. Lines that hold a block alone leave nothing behind, and a dash at a delimiter takes the white space
 * beside it. https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control (trim_blocks, lstrip_blocks)
 */
export const segmentsOf = (template: string): Segment[] => {
  const segments: Segment[] = [];
  let line = 1;
  let counted = 0;
  const lineAt = (index: number): number => {
    for (; counted < index; counted++) if (template[counted] === '\n') line++;
    return line;
  };
  let at = 0;
  let trims: 'nothing' | 'line end' | 'white space' = 'nothing';
  while (at < template.length) {
    const open = nextOpening(template, at);
    const start = open ?? template.length;
    const opening = template.slice(start, start + 2) as Opening;
    const isDashed = template[start + 2] === '-';
    const text = trimmed(template.slice(at, start), trims, {
      isLineStart: at === 0 || template[at - 1] === '\n',
      before: open === null ? 'nothing' : isDashed ? 'white space' : opening === '{{' ? 'nothing' : 'indent',
    });
    if (text !== '') segments.push({ kind: 'text', text, line: lineAt(at) });
    if (open === null) break;
    const end = endOf(template, start + 2, opening);
    if (end === null) throw new TemplateRefused(`Line ${lineAt(start)}: ${opening} is not closed`);
    const isDashedEnd = template[end - 1] === '-' && end - 1 >= start + (isDashed ? 3 : 2);
    const inside = template.slice(start + (isDashed ? 3 : 2), isDashedEnd ? end - 1 : end).trim();
    if (opening !== '{#') {
      segments.push({ kind: opening === '{{' ? 'output' : 'block', text: inside, line: lineAt(start) });
    }
    trims = isDashedEnd ? 'white space' : opening === '{{' ? 'nothing' : 'line end';
    at = end + 2;
  }
  return segments;
};

const nextOpening = (template: string, from: number): number | null => {
  for (let at = template.indexOf('{', from); at >= 0; at = template.indexOf('{', at + 1)) {
    if (template.slice(at, at + 2) in END) return at;
  }
  return null;
};

/** What stands in quotes closes nothing, except in a comment. */
const endOf = (template: string, from: number, opening: Opening): number | null => {
  const closing = END[opening];
  if (opening === '{#') {
    const end = template.indexOf(closing, from);
    return end < 0 ? null : end;
  }
  for (let at = from; at < template.length; at++) {
    if (template.startsWith(closing, at)) return at;
    QUOTED.lastIndex = at;
    const isQuote = template[at] === "'" || template[at] === '"';
    if (isQuote && !QUOTED.test(template)) return null;
    if (isQuote) at = QUOTED.lastIndex - 1;
  }
  return null;
};

const trimmed = (
  text: string,
  after: 'nothing' | 'line end' | 'white space',
  { isLineStart, before }: { isLineStart: boolean; before: 'nothing' | 'indent' | 'white space' },
): string => {
  const behind = after === 'white space' ? text.trimStart() : after === 'line end' ? text.replace(/^\r?\n/, '') : text;
  if (before === 'white space') return behind.trimEnd();
  if (before === 'nothing') return behind;
  const lineStart = behind.lastIndexOf('\n') + 1;
  const isWhole = lineStart > 0 || isLineStart || after === 'line end';
  const indent = behind.slice(lineStart);
  return isWhole && indent.trim() === '' ? behind.slice(0, lineStart) : behind;
};
