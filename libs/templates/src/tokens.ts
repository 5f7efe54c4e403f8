import { TemplateRefused } from './limits.js';

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'sign' | 'end';
  /** Of a text what it stands for. */
  readonly value: string;
}

const TOKEN =
  /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d+)?)|('(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*")|(==|!=|<=|>=|[|()~+<>,=.[\]{}*/%:-])|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** The words of an expression; the last is of the kind `end`. */
export const tokensOf = (expression: string): Token[] => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (match === null) {
      throw new TemplateRefused(`"${expression.slice(from, from + 20).trim()}" cannot be read`);
    }
    const [, name, number, text, sign] = match;
    if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number });
    else if (text !== undefined) tokens.push({ kind: 'text', value: unquoted(text) });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else {
      tokens.push({ kind: 'end', value: '' });
      return tokens;
    }
  }
};

const unquoted = (text: string): string =>
  text.slice(1, -1).replace(/\\([^])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
