/** A line of a difference, cut into what stays and what is other than in its twin. */
export interface MarkedLine {
  readonly sign: ' ' | '-' | '+';
  readonly parts: readonly { readonly text: string; readonly isMarked: boolean }[];
}

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** A line that was replaced by one other is compared to it word by word. */
export const withMarkedWords = (lines: readonly Line[]): readonly MarkedLine[] => {
  const marked = lines.map(({ sign, text }): MarkedLine => ({ sign, parts: [{ text, isMarked: false }] }));
  lines.forEach((line, at) => {
    const next = lines[at + 1];
    if (line.sign !== '-' || next?.sign !== '+') return;
    if (lines[at - 1]?.sign === '-' || lines[at + 2]?.sign === '+') return;
    const [was, is] = differingWords(line.text, next.text);
    marked[at] = { sign: '-', parts: was };
    marked[at + 1] = { sign: '+', parts: is };
  });
  return marked;
};

const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

const differingWords = (was: string, is: string): readonly [MarkedLine['parts'], MarkedLine['parts']] => {
  const [old, now] = [was.match(WORDS) ?? [], is.match(WORDS) ?? []];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const cut = (words: readonly string[]): MarkedLine['parts'] =>
    [
      { text: words.slice(0, start).join(''), isMarked: false },
      { text: words.slice(start, words.length - end).join(''), isMarked: true },
      { text: words.slice(words.length - end).join(''), isMarked: false },
    ].filter(({ text }) => text !== '');
  return [cut(old), cut(now)];
};
