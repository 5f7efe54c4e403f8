import { isUtf8 } from 'node:buffer';
import type { Member } from './members.js';
import { BACKSLASH, CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './scan.js';

/** What `scanObject` has found; places are bytes. */
export interface ScannedObject {
  readonly members: readonly Member[];
  /** Of the member that was to be looked into; none where its value is no object. */
  readonly inner: readonly Member[] | undefined;
  /** How deep it nests. */
  readonly depth: number;
  /** A string of it may be the word that was looked for. */
  readonly mayHold: boolean;
}

export interface Wanted {
  /** The member that is looked into as well. */
  readonly into?: string;
  /** Of small letters and underscores. */
  readonly word?: string;
}

const MEMBERS_MAX = 64;

/**
 * Looks through the bytes of an object once, and makes nothing of them but a list of its members and of those of one of
 * them. `undefined` for what is no JSON object in UTF-8 (https://www.rfc-editor.org/rfc/rfc8259), nests deeper than
 * `depthMax`, or has many members or a key twice where they are listed: `JSON.parse` says what is wrong with it, if anything.
 */
export const scanObject = (
  bytes: Buffer,
  depthMax: number,
  { into, word = '' }: Wanted = {},
): ScannedObject | undefined => (isUtf8(bytes) ? new ByteScan(bytes, depthMax, word).whole(into) : undefined);

class ByteScan {
  private at = 0;
  private deepest = 0;
  private mayHold = false;
  private readonly words: DataView;
  private readonly wordBytes: number;
  /** By depth: what ends the object or array. */
  private readonly closing: Uint8Array;

  constructor(
    private readonly bytes: Buffer,
    private readonly depthMax: number,
    private readonly wanted: string,
  ) {
    // With its quotes.
    this.wordBytes = wanted === '' ? 0 : wanted.length + 2;
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.closing = new Uint8Array(depthMax + 1);
  }

  whole(into: string | undefined): ScannedObject | undefined {
    let inner: Member[] | undefined;
    this.skipSpace();
    const members = this.members(1, (key) => {
      if (key !== into || this.bytes[this.at] !== OPEN_BRACE) return this.value(1);
      inner = this.members(2, () => this.value(2));
      return inner !== undefined;
    });
    this.skipSpace();
    if (members === undefined || this.at !== this.bytes.length) return undefined;
    return { members, inner, depth: this.deepest, mayHold: this.mayHold };
  }

  /** Of an object, whose values `value` steps over. */
  private members(depth: number, value: (key: string) => boolean): Member[] | undefined {
    const { bytes } = this;
    const members: Member[] = [];
    const keys = new Set<string>();
    if (bytes[this.at] !== OPEN_BRACE || !this.enter(depth)) return undefined;
    if (bytes[this.at] === CLOSE_BRACE) {
      this.at++;
      return members;
    }
    for (;;) {
      const start = this.at;
      if (!this.name()) return undefined;
      const key = this.keyAt(start);
      const valueStart = this.at;
      if (keys.has(key) || keys.size === MEMBERS_MAX || !value(key)) return undefined;
      keys.add(key);
      members.push({ key, start, valueStart, end: this.at });
      this.skipSpace();
      const code = bytes[this.at++];
      if (code === CLOSE_BRACE) return members;
      if (code !== COMMA) return undefined;
      this.skipSpace();
    }
  }

  /** A loop: to call itself would cost more than the rest of it. */
  private value(outside: number): boolean {
    const { bytes, closing } = this;
    for (let depth = outside; ; ) {
      const code = bytes[this.at];
      if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        depth++;
        if (!this.enter(depth)) return false;
        // In ASCII the one that closes is two after the one that opens.
        closing[depth] = code + 2;
        if (bytes[this.at] !== closing[depth]) {
          if (code === OPEN_BRACE && !this.name()) return false;
          continue;
        }
        this.at++;
        depth--;
      } else if (!this.scalar(code)) return false;
      for (;;) {
        if (depth === outside) return true;
        this.skipSpace();
        const next = bytes[this.at++];
        if (next === closing[depth]) {
          depth--;
          continue;
        }
        if (next !== COMMA) return false;
        this.skipSpace();
        if (closing[depth] === CLOSE_BRACE && !this.name()) return false;
        break;
      }
    }
  }

  private enter(depth: number): boolean {
    if (depth > this.depthMax) return false;
    if (depth > this.deepest) this.deepest = depth;
    this.at++;
    this.skipSpace();
    return true;
  }

  /** A key and the colon after it. */
  private name(): boolean {
    if (!this.string()) return false;
    this.skipSpace();
    if (this.bytes[this.at++] !== COLON) return false;
    this.skipSpace();
    return true;
  }

  private keyAt(start: number): string {
    const { bytes, at } = this;
    let end = at - 1;
    while (bytes[end] !== QUOTE) end--;
    const raw = bytes.toString('utf8', start, end + 1);
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  private scalar(code: number | undefined): boolean {
    switch (code) {
      case QUOTE:
        return this.string();
      case LETTER_T:
        return this.word('true');
      case LETTER_F:
        return this.word('false');
      case LETTER_N:
        return this.word('null');
      default:
        return this.number();
    }
  }

  private string(): boolean {
    const { bytes, words, at: start } = this;
    const lastPair = bytes.length - 8;
    if (bytes[start] !== QUOTE) return false;
    let at = start + 1;
    for (;;) {
      while (at <= lastPair && arePlain(words.getInt32(at, true), words.getInt32(at + 4, true))) at += 8;
      let code = bytes[at];
      while (code !== undefined && SPECIAL[code] === 0) code = bytes[++at];
      if (code === QUOTE) break;
      if (code !== BACKSLASH || !isEscape(bytes, at + 1)) return false;
      if (bytes[at + 1] !== LETTER_U) at += 2;
      else {
        this.mayHold ||= isWordEscape(bytes, at + 2);
        at += 6;
      }
    }
    this.at = at + 1;
    if (this.at - start === this.wordBytes) this.mayHold ||= this.isWanted(start + 1);
    return true;
  }

  private isWanted(start: number): boolean {
    const { bytes, wanted } = this;
    for (let index = 0; index < wanted.length; index++)
      if (bytes[start + index] !== wanted.charCodeAt(index)) return false;
    return true;
  }

  private word(word: string): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return false;
    this.at += word.length;
    return true;
  }

  private number(): boolean {
    const { bytes } = this;
    if (bytes[this.at] === MINUS) this.at++;
    if (bytes[this.at] === ZERO) this.at++;
    else if (!this.digits()) return false;
    if (bytes[this.at] === POINT) {
      this.at++;
      if (!this.digits()) return false;
    }
    if (((bytes[this.at] ?? 0) | LOWER_CASE) !== LETTER_E) return true;
    this.at++;
    if (bytes[this.at] === PLUS || bytes[this.at] === MINUS) this.at++;
    return this.digits();
  }

  private digits(): boolean {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    while (isDigit(bytes[at] ?? 0)) at++;
    this.at = at;
    return at > start;
  }

  private skipSpace(): void {
    const { bytes } = this;
    let { at } = this;
    for (let code = bytes[at]; code === 32 || code === 10 || code === 13 || code === 9; code = bytes[at]) at++;
    this.at = at;
  }
}

const LETTER_E = 0x65;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_U = 0x75;
const LOWER_CASE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Whether eight bytes of a string are characters that stand for themselves: none below a space, no quote, no backslash. May
 * be wrong the other way.
 * https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
const arePlain = (word: number, next: number): boolean => ((oddities(word) | oddities(next)) & 0x80808080) === 0;

const oddities = (word: number): number => {
  const quotes = word ^ 0x22222222;
  const slashes = word ^ 0x5c5c5c5c;
  return ((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes);
};

/** What does not stand for itself in a string. */
const SPECIAL = new Uint8Array(256).fill(1, 0, 32);
SPECIAL[QUOTE] = 1;
SPECIAL[BACKSLASH] = 1;

const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9;

const isHex = (code: number): boolean => {
  const letter = code | LOWER_CASE;
  return isDigit(code) || (letter >= 0x61 && letter <= 0x66);
};

/** Whether what is at `at` may stand after a backslash. */
const isEscape = (bytes: Buffer, at: number): boolean => {
  const code = bytes[at] ?? 0;
  if (code !== LETTER_U) return ESCAPED[code] === 1;
  for (let digit = 1; digit <= 4; digit++) if (!isHex(bytes[at + digit] ?? 0)) return false;
  return true;
};

/** Whether four hexadecimal digits write a small letter or the underscore, which nobody has to escape. */
const isWordEscape = (bytes: Buffer, at: number): boolean =>
  bytes[at] === ZERO && bytes[at + 1] === ZERO && (bytes[at + 2] ?? 0) >= ZERO + 5 && (bytes[at + 2] ?? 0) <= ZERO + 7;

const ESCAPED = new Uint8Array(256);
for (const code of Buffer.from('"\\/bfnrt')) ESCAPED[code] = 1;
