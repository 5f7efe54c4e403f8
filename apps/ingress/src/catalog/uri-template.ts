/**
 * Does a URI belong to an RFC 6570 template? Answered in one pass over both, without backtracking: each expression
 * takes the shortest text that is followed by the literal after it. That is enough to tell templates of one endpoint
 * apart; what the variables are is the upstream's business.
 */
export interface UriTemplate {
  matches(uri: string): boolean;
}

interface Expression {
  /** May be left out of the URI altogether. */
  readonly optional: boolean;
  /** May hold a slash. */
  readonly spansSegments: boolean;
}

const TEMPLATE_CHARS_MAX = 2_048;
const EXPRESSIONS_MAX = 32;
const EXPRESSION = /\{([+#./;?&]?)([^{}]*)\}/g;

export const compileUriTemplate = (template: string): UriTemplate => {
  const literals: string[] = [];
  const expressions: Expression[] = [];
  let at = 0;
  for (const match of template.slice(0, TEMPLATE_CHARS_MAX).matchAll(EXPRESSION)) {
    const [whole, operator = '', names = ''] = match;
    literals.push(template.slice(at, match.index));
    expressions.push({
      optional: operator !== '' && operator !== '+',
      spansSegments: operator === '+' || operator === '#' || operator === '/' || names.includes('*'),
    });
    at = match.index + whole.length;
  }
  literals.push(template.slice(at));
  const usable = template.length <= TEMPLATE_CHARS_MAX && expressions.length <= EXPRESSIONS_MAX;
  return { matches: (uri) => usable && matches(literals, expressions, uri) };
};

const matches = (literals: readonly string[], expressions: readonly Expression[], uri: string): boolean => {
  const head = literals[0] as string;
  if (!uri.startsWith(head)) return false;
  let at = head.length;
  for (const [index, expression] of expressions.entries()) {
    const literal = literals[index + 1] as string;
    const isLast = index === expressions.length - 1;
    const least = at + (expression.optional ? 0 : 1);
    const end = isLast ? uri.length - literal.length : literal === '' ? least : uri.indexOf(literal, least);
    if (end < least || !uri.startsWith(literal, end)) return false;
    if (!expression.spansSegments && !expression.optional && uri.slice(at, end).includes('/')) return false;
    at = end + literal.length;
  }
  return at === uri.length;
};
