const CHARACTERS_MIN = 32;
const DISTINCT_MIN = 8;
const ENTROPY_BITS_MIN = 80;
const SEQUENCE_SHARE_MAX = 0.7;

const PAIR_SHARE_MIN = 0.5;

const PLACEHOLDER =
  /change[-_ ]?(?:me|it|this)|secret|passw(?:or)?d|example|placeholder|default|insecure|qwerty|letmein|replace[-_ ]?(?:me|this)|your[-_ ]|test[-_ ]?key|dummy|sample|(?:^|[^a-z])todo|x{6}/i;

/** Why a secret must not be used, without repeating it; null when it is strong. */
export const weaknessOf = (secret: string): string | null => {
  if (secret.length < CHARACTERS_MIN) return `it is shorter than ${CHARACTERS_MIN} characters`;
  if (PLACEHOLDER.test(secret)) return 'it looks like a placeholder';
  if (new Set(secret).size < DISTINCT_MIN) return 'it has too few different characters';
  if (repeats(secret) || pairShare(secret) < PAIR_SHARE_MIN) return 'it repeats itself';
  if (sequenceShare(secret) > SEQUENCE_SHARE_MAX) return 'it counts up or down';
  if (/^[a-z\s_.-]+$/.test(secret) || /^[A-Z\s_.-]+$/.test(secret)) return 'it is made of words';
  if (entropyBits(secret) < ENTROPY_BITS_MIN) return 'it is too regular';
  return null;
};

/** A unit of at most half the length, over and over, the last one perhaps cut short. */
const repeats = (text: string): boolean => {
  for (let unit = 1; unit <= text.length / 2; unit++) if (text.startsWith(text.slice(unit))) return true;
  return false;
};

/** How many of the neighbouring pairs are new ones. */
const pairShare = (text: string): number => {
  const pairs = new Set<string>();
  for (let at = 1; at < text.length; at++) pairs.add(text.slice(at - 1, at + 1));
  return pairs.size / (text.length - 1);
};

const sequenceShare = (text: string): number => {
  let steps = 0;
  for (let at = 1; at < text.length; at++) if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) steps++;
  return steps / (text.length - 1);
};

/** Shannon's, over the characters as they occur. */
const entropyBits = (text: string): number => {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
};
