import { textOf } from '../json/carried.js';
import { type Member, stretchesOf } from '../json/members.js';

type Json = Readonly<Record<string, unknown>>;

/** Stands for the value of a member that is long, which nobody has read. */
const UNREAD = Symbol('unread');
/** What is longer says nothing about the result itself, save for what is always read. */
const SEEN_BYTES_MAX = 64;
const ALWAYS_READ = new Set(['_meta', 'resultType']);

/** The type of content that is looked for in every result. */
export const RESOURCE_LINK = 'resource_link';

const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * A long result. The members that say what it is have been read, and the rest is known to be JSON. `text` and `result` are
 * made when somebody asks for them.
 */
export class LongResult {
  readonly kind = 'result';
  readonly seen: Json;
  private whole: { readonly text: string; result: Json | undefined } | undefined;

  constructor(
    readonly id: unknown,
    /** Of `result` alone. */
    readonly bytes: Buffer,
    private readonly members: readonly Member[],
    readonly depth: number,
    /** Anywhere in it, though perhaps as the text of something. */
    readonly mayHoldLinks: boolean,
  ) {
    this.seen = Object.fromEntries(members.map((member) => [member.key, this.seenOf(member)]));
  }

  get text(): string {
    this.whole ??= { text: textOf(this.bytes), result: undefined };
    return this.whole.text;
  }

  get result(): Json {
    const { text } = this;
    const whole = this.whole as { result: Json | undefined };
    return (whole.result ??= JSON.parse(text) as Json);
  }

  /**
   * What is left of it without some members. Their neighbours become its braces where they stand, so that nothing is copied:
   * nothing else is read of it after that.
   */
  without(isLeftOut: (key: string) => boolean): Buffer {
    const { bytes, members } = this;
    if (!members.some(({ key }) => isLeftOut(key))) return bytes;
    const stretches = stretchesOf(members, (key) => !isLeftOut(key));
    const [only] = stretches;
    if (only === undefined || stretches.length > 1) {
      const pieces = stretches.flatMap(({ start, end }) => [COMMA, bytes.subarray(start, end)]);
      return Buffer.concat([Buffer.from('{'), ...pieces.slice(1), Buffer.from('}')]);
    }
    bytes[only.start - 1] = OPEN_BRACE;
    bytes[only.end] = CLOSE_BRACE;
    return bytes.subarray(only.start - 1, only.end + 1);
  }

  private seenOf({ key, valueStart, end }: Member): unknown {
    if (end - valueStart > SEEN_BYTES_MAX && !ALWAYS_READ.has(key)) return UNREAD;
    return JSON.parse(this.bytes.toString('utf8', valueStart, end));
  }
}

const COMMA = Buffer.from(',');
