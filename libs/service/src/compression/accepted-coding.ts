/** The content codings that answers may have: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
export const CODINGS = ['br', 'zstd', 'gzip'] as const;
/** One of `CODINGS`. */
export type Coding = (typeof CODINGS)[number];

/** What a client takes. */
export interface AcceptedCodings {
  /** Those that it likes as much as any other, and better than none. */
  readonly best: readonly Coding[];
  /** Whether it takes an answer as it is. */
  readonly plain: boolean;
}

const NOTHING: AcceptedCodings = { best: [], plain: true };
const ITEM = /^([!#$%&'*+.^`|~\w-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;
/** Real clients have few, and send the same ones for ever. */
const ITEMS_MAX = 32;
const KNOWN_MAX = 64;
const KNOWN_CHARS_MAX = 256;

const known = new Map<string, AcceptedCodings>();

/** Reads `Accept-Encoding`: https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding. What is malformed in it is not accepted. */
export const acceptedCodings = (header: string | undefined): AcceptedCodings => {
  if (header === undefined || header === '') return NOTHING;
  const before = known.get(header);
  if (before !== undefined) return before;
  const accepted = read(header);
  if (known.size < KNOWN_MAX && header.length <= KNOWN_CHARS_MAX) known.set(header, accepted);
  return accepted;
};

const read = (header: string): AcceptedCodings => {
  const weights = new Map<string, number>();
  for (const item of header.split(',', ITEMS_MAX)) {
    const [, name, weight = '1'] = ITEM.exec(item.trim()) ?? [];
    if (name !== undefined) weights.set(ALIASES[name.toLowerCase()] ?? name.toLowerCase(), Number(weight));
  }
  const others = weights.get('*');
  const weightOf = (coding: string): number => weights.get(coding) ?? others ?? 0;
  const plain = weights.get('identity') ?? others;
  const highest = Math.max(...CODINGS.map(weightOf));
  // Not to be named is to be acceptable, if only when nothing better is there.
  const isBetter = highest > 0 && (weights.get('identity') ?? 0) <= highest;
  return { best: isBetter ? CODINGS.filter((coding) => weightOf(coding) === highest) : [], plain: plain !== 0 };
};

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3 */
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' };
