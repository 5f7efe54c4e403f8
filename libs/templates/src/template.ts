import { type Expression, type Values, type Variables, compileExpression } from './expression.js';
import { isTrue, textOf } from './filters.js';
import { Budget, DEPTH_MAX, TEMPLATE_CHARS_MAX, TemplateRefused } from './limits.js';
import { type Segment, segmentsOf } from './segments.js';

/** A text with gaps that values fill. */
export interface Template {
  /** The names of the values it has gaps for. */
  readonly variables: readonly string[];
  /** Those of which it never asks whether they are there. */
  readonly needed: readonly string[];
  /** A value that is not given is empty. Throws `RenderingFailed`. */
  render(values: Values, budget?: Budget): string;
}

type Piece = (values: Values, budget: Budget, out: string[]) => void;

interface Branch {
  readonly condition: Expression | null;
  readonly pieces: Piece[];
}

const BARE_NAME = /^(?:if|elif)\s+(?:not\s+)?([A-Za-z_]\w*)$/;

/**
 * The part of Jinja that texts need: outputs, comments, `if`, filters and tests; what else Jinja has is refused here, not when it
 * is filled. Takes time in proportion to its length. https://jinja.palletsprojects.com/en/stable/templates/
 * Throws `TemplateRefused`.
 */
export const compileTemplate = (source: string): Template => {
  if (source.length > TEMPLATE_CHARS_MAX)
    throw new TemplateRefused(`A template has at most ${TEMPLATE_CHARS_MAX} characters`);
  const variables: Variables = { used: new Set(), tested: new Set() };
  const pieces = new BlockReader(segmentsOf(source), variables).read();
  const used = [...variables.used];
  return {
    variables: used,
    needed: used.filter((name) => !variables.tested.has(name)),
    render: (values, budget = new Budget()) => {
      const out: string[] = [];
      for (const piece of pieces) piece(values, budget, out);
      return out.join('');
    },
  };
};

class BlockReader {
  private at = 0;

  constructor(
    private readonly segments: readonly Segment[],
    private readonly variables: Variables,
  ) {}

  read(): Piece[] {
    const pieces = this.until([], 0);
    const rest = this.segments[this.at];
    if (rest !== undefined) throw new TemplateRefused(`Line ${rest.line}: "${wordOf(rest)}" has no "if" before it`);
    return pieces;
  }

  /** Stops before a block with one of these words. */
  private until(words: readonly string[], depth: number): Piece[] {
    const pieces: Piece[] = [];
    for (; this.at < this.segments.length; this.at++) {
      const segment = this.segments[this.at] as Segment;
      if (segment.kind === 'block' && [...words, ...ENDS].includes(wordOf(segment))) return pieces;
      pieces.push(this.piece(segment, depth));
    }
    return pieces;
  }

  private piece(segment: Segment, depth: number): Piece {
    const { kind, text } = segment;
    if (kind === 'text') {
      return (_, budget, out) => {
        budget.spend(text.length);
        out.push(text);
      };
    }
    if (kind === 'block') return this.choice(segment, depth + 1);
    const expression = this.expression(segment, text);
    return (values, budget, out) => {
      const shown = textOf(expression(values, budget));
      budget.spend(shown.length);
      out.push(shown);
    };
  }

  private choice(first: Segment, depth: number): Piece {
    const { line } = first;
    if (wordOf(first) !== 'if') throw new TemplateRefused(`Line ${line}: {% ${wordOf(first)} %} is not supported`);
    if (depth > DEPTH_MAX) throw new TemplateRefused(`Line ${line}: more than ${DEPTH_MAX} blocks stand in each other`);
    const branches = [this.branch(first, depth)];
    for (let next = this.segments[this.at]; ; next = this.segments[this.at]) {
      if (next === undefined) throw new TemplateRefused(`Line ${line}: "if" has no "endif"`);
      const isAfterElse = branches.at(-1)?.condition === null;
      if (next.text === 'endif') break;
      if (isAfterElse || !['elif', 'else'].includes(wordOf(next)))
        throw new TemplateRefused(`Line ${next.line}: "${next.text.slice(0, 40)}" is not expected there`);
      branches.push(this.branch(next, depth));
    }
    return (values, budget, out) => {
      const chosen = branches.find(({ condition }) => condition === null || isTrue(condition(values, budget)));
      for (const piece of chosen?.pieces ?? []) piece(values, budget, out);
    };
  }

  private branch(segment: Segment, depth: number): Branch {
    const word = wordOf(segment);
    const rest = segment.text.slice(word.length);
    if (word === 'else' && rest.trim() !== '')
      throw new TemplateRefused(`Line ${segment.line}: "else" has no condition`);
    const tested = BARE_NAME.exec(segment.text)?.[1];
    if (tested !== undefined) this.variables.tested.add(tested);
    const condition = word === 'else' ? null : this.expression(segment, rest);
    this.at++;
    return { condition, pieces: this.until([], depth) };
  }

  private expression({ line }: Segment, text: string): Expression {
    try {
      return compileExpression(text, this.variables);
    } catch (error) {
      throw error instanceof TemplateRefused ? new TemplateRefused(`Line ${line}: ${error.message}`) : error;
    }
  }
}

const ENDS = ['elif', 'else', 'endif'];

const wordOf = ({ text }: Segment): string => /^\w*/.exec(text)?.[0] ?? '';
