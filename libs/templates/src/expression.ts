import { FILTERS, type Value, includes, isTrue, textOf } from './filters.js';
import { type Budget, DEPTH_MAX, RenderingFailed, TemplateRefused } from './limits.js';
import { type Token, tokensOf } from './tokens.js';

export type Values = ReadonlyMap<string, string>;
export type Expression = (values: Values, budget: Budget) => Value;

/** The variables of a template. */
export interface Variables {
  readonly used: Set<string>;
  /** Of which it is asked whether they are there. */
  readonly tested: Set<string>;
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const WORDS = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else']);
const TESTS: ReadonlyMap<string, (value: Value) => boolean> = new Map<string, (value: Value) => boolean>([
  ['defined', (value) => value !== undefined],
  ['undefined', (value) => value === undefined],
  ['none', (value) => value === null],
  ['string', (value) => typeof value === 'string'],
]);
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

/** Reads an expression; adds to `variables` what it uses. Throws `TemplateRefused`. */
export const compileExpression = (source: string, variables: Variables): Expression => {
  const reader = new Reader(tokensOf(source), variables);
  const expression = reader.choice(0);
  reader.expectEnd();
  return expression;
};

/** By rank, the loosest first: `a if b else c`, or, and, not, comparisons, `+`, `~`, filters and tests. */
class Reader {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly variables: Variables,
  ) {}

  choice(depth: number): Expression {
    if (depth > DEPTH_MAX) throw new TemplateRefused(`More than ${DEPTH_MAX} expressions stand in each other`);
    const then = this.either(depth);
    if (!this.takesWord('if')) return then;
    this.noteTest();
    const condition = this.either(depth);
    const otherwise = this.takesWord('else') ? this.choice(depth + 1) : () => undefined;
    return (values, budget) => (isTrue(condition(values, budget)) ? then : otherwise)(values, budget);
  }

  expectEnd(): void {
    if (this.token.kind !== 'end') throw new TemplateRefused(`"${this.token.value}" is not expected there`);
  }

  private either(depth: number): Expression {
    const parts = this.joined('or', () => this.both(depth));
    return parts.length === 1 ? (parts[0] as Expression) : firstThat(parts, (value) => isTrue(value));
  }

  private both(depth: number): Expression {
    const parts = this.joined('and', () => this.negated(depth));
    return parts.length === 1 ? (parts[0] as Expression) : firstThat(parts, (value) => !isTrue(value));
  }

  private joined(word: string, part: () => Expression): Expression[] {
    const parts = [part()];
    while (this.takesWord(word)) parts.push(part());
    return parts;
  }

  private negated(depth: number): Expression {
    let isNegated = false;
    while (this.takesWord('not')) isNegated = !isNegated;
    const compared = this.compared(depth);
    return isNegated ? (values, budget) => !isTrue(compared(values, budget)) : compared;
  }

  private compared(depth: number): Expression {
    const left = this.sum(depth);
    const sign = COMPARISONS.find((each) => this.takesSign(each));
    if (sign !== undefined) {
      const right = this.sum(depth);
      return (values, budget) => compare(sign, left(values, budget), right(values, budget), budget);
    }
    const isNegated = this.token.value === 'not' && this.tokens[this.at + 1]?.value === 'in' && this.takesWord('not');
    if (!this.takesWord('in')) return left;
    const right = this.sum(depth);
    return (values, budget) =>
      includes(textOf(right(values, budget)), textOf(left(values, budget)), budget) !== isNegated;
  }

  private sum(depth: number): Expression {
    const parts = [this.concatenated(depth)];
    while (this.takesSign('+')) parts.push(this.concatenated(depth));
    return parts.length === 1 ? (parts[0] as Expression) : (values, budget) => sum(parts, values, budget);
  }

  private concatenated(depth: number): Expression {
    const parts = [this.filtered(depth)];
    while (this.takesSign('~')) parts.push(this.filtered(depth));
    return parts.length === 1 ? (parts[0] as Expression) : (values, budget) => join(parts, values, budget);
  }

  private filtered(depth: number): Expression {
    const name = this.token;
    let value = this.primary(depth);
    for (let inRow = 0; ; inRow++) {
      if (inRow > DEPTH_MAX) throw new TemplateRefused(`More than ${DEPTH_MAX} filters and tests stand in a row`);
      const isFirst = inRow === 0;
      if (this.takesSign('|')) {
        const next = this.token.value;
        if (isFirst && name.kind === 'name' && (next === 'default' || next === 'd'))
          this.variables.tested.add(name.value);
        value = this.filter(value, depth);
      } else if (this.takesWord('is')) {
        if (isFirst && name.kind === 'name') this.variables.tested.add(name.value);
        value = this.test(value);
      } else return value;
    }
  }

  private filter(value: Expression, depth: number): Expression {
    const name = this.takeName();
    const filter = FILTERS.get(name);
    if (filter === undefined) throw new TemplateRefused(`The filter "${name}" is not supported`);
    const given = this.takesSign('(') ? this.filterArguments(depth) : [];
    const [least, most] = filter.arguments;
    if (given.length < least || given.length > most) throw new TemplateRefused(`"${name}" has other arguments`);
    return (values, budget) =>
      filter.apply(
        value(values, budget),
        given.map((each) => each(values, budget)),
        budget,
      );
  }

  private filterArguments(depth: number): Expression[] {
    const given: Expression[] = [];
    if (this.takesSign(')')) return given;
    do given.push(this.choice(depth + 1));
    while (this.takesSign(','));
    if (!this.takesSign(')')) throw new TemplateRefused(`"${this.token.value}" stands where ")" is expected`);
    return given;
  }

  private test(value: Expression): Expression {
    const isNegated = this.takesWord('not');
    const name = this.takeName();
    const test = TESTS.get(name);
    if (test === undefined) throw new TemplateRefused(`The test "${name}" is not supported`);
    return (values, budget) => test(value(values, budget)) !== isNegated;
  }

  private primary(depth: number): Expression {
    const { kind, value } = this.token;
    if (this.takesSign('(')) {
      const inside = this.choice(depth + 1);
      if (!this.takesSign(')')) throw new TemplateRefused('"(" is not closed');
      return inside;
    }
    if (kind === 'end') throw new TemplateRefused('An expression is missing');
    if (kind === 'sign' || (kind === 'name' && WORDS.has(value)))
      throw new TemplateRefused(`"${value}" is not expected there`);
    this.at++;
    if (['.', '[', '('].includes(this.token.value) && this.token.kind === 'sign')
      throw new TemplateRefused(`"${value}${this.token.value}" is not supported: arguments are texts, without members`);
    if (kind === 'text') return () => value;
    if (kind === 'number') return () => Number(value);
    if (CONSTANTS.has(value)) return () => CONSTANTS.get(value);
    this.variables.used.add(value);
    return (values) => values.get(value);
  }

  /** `if name` asks whether there is anything in it. */
  private noteTest(): void {
    if (this.token.kind === 'name' && !WORDS.has(this.token.value)) this.variables.tested.add(this.token.value);
  }

  private get token(): Token {
    return this.tokens[this.at] as Token;
  }

  private takesWord(word: string): boolean {
    return this.takes('name', word);
  }

  private takesSign(sign: string): boolean {
    return this.takes('sign', sign);
  }

  private takes(kind: Token['kind'], value: string): boolean {
    const isIt = this.token.kind === kind && this.token.value === value;
    if (isIt) this.at++;
    return isIt;
  }

  private takeName(): string {
    const { kind, value } = this.token;
    if (kind !== 'name') throw new TemplateRefused(`A name is expected where "${value}" stands`);
    this.at++;
    return value;
  }
}

/** The value of the first part that is so, else of the last. */
const firstThat =
  (parts: readonly Expression[], isSo: (value: Value) => boolean): Expression =>
  (values, budget) => {
    let value: Value;
    for (const part of parts) {
      value = part(values, budget);
      if (isSo(value)) return value;
    }
    return value;
  };

const compare = (sign: string, left: Value, right: Value, budget: Budget): boolean => {
  if (typeof left === 'string' && typeof right === 'string') budget.spend(Math.min(left.length, right.length));
  if (sign === '==') return left === right;
  if (sign === '!=') return left !== right;
  const isComparable = typeof left === typeof right && (typeof left === 'string' || typeof left === 'number');
  if (!isComparable) throw new RenderingFailed(`A ${typeof left} and a ${typeof right} have no order`);
  const [one, other] = [left as string | number, right as string | number];
  if (sign === '<') return one < other;
  if (sign === '<=') return one <= other;
  return sign === '>' ? one > other : one >= other;
};

const join = (parts: readonly Expression[], values: Values, budget: Budget): string =>
  joined(
    parts.map((part) => textOf(part(values, budget))),
    budget,
  );

const joined = (texts: readonly string[], budget: Budget): string => {
  budget.spend(texts.reduce((length, text) => length + text.length, 0));
  return texts.join('');
};

const sum = (parts: readonly Expression[], values: Values, budget: Budget): Value => {
  const summands = parts.map((part) => part(values, budget));
  if (summands.every((each) => typeof each === 'number')) return summands.reduce((total, each) => total + each, 0);
  if (summands.every((each) => typeof each === 'string')) return joined(summands, budget);
  throw new RenderingFailed('Only texts, or only numbers, are joined with +');
};
