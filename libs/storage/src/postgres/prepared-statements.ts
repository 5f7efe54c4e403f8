import { LRUCache } from 'lru-cache';

/** Of one connection: each takes memory of the server for as long as the connection lasts. */
const PREPARED_MAX = 200;
/** Statements whose runs are counted. */
const COUNTED_MAX = 500;
const CHARS_MAX = 10_000;
/** Says who acts, and so runs once. */
const SIGNED = '/*by ';

/** A list of values in the text itself, `IN ($1, $2` or `VALUES (…), (…`: each length is another text. */
const OF_ANY_LENGTH = /\bIN\s*\(\s*\$\d+\s*,|\)\s*,\s*\(\s*(?:\$\d|DEFAULT\b)/i;

/** Which statements one connection has run so often that the server keeps them, parsed and planned, under a name. */
export class PreparedStatements {
  private readonly runs = new LRUCache<string, number>({ max: COUNTED_MAX });
  private readonly names = new Map<string, string>();

  /** 0: never. */
  constructor(private readonly afterRuns: number) {}

  /** The arguments of a query, with a name where it is prepared. One without parameters stays as it is. */
  named(args: readonly unknown[]): readonly unknown[] {
    const [text, values, ...more] = args;
    if (this.afterRuns === 0 || typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return args;
    const name = this.nameOf(text);
    return name === undefined ? args : [{ name, text, values: values as unknown[] }, ...more];
  }

  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || text.length > CHARS_MAX || text.startsWith(SIGNED)) return known;
    const runs = (this.runs.get(text) ?? 0) + 1;
    if (runs <= this.afterRuns || this.names.size === PREPARED_MAX || OF_ANY_LENGTH.test(text))
      return void this.runs.set(text, runs);
    this.runs.delete(text);
    const name = `s${this.names.size + 1}`;
    this.names.set(text, name);
    return name;
  }
}
