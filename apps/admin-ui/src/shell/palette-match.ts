/** Something that one can go to. */
export interface Destination {
  readonly kind: 'Page' | 'Server' | 'Upstream' | 'Tool' | 'Person';
  readonly name: string;
  readonly url: string;
}

/** Pages come before servers, and so on, where the text says no more. */
const KINDS: readonly Destination['kind'][] = ['Page', 'Server', 'Upstream', 'Tool', 'Person'];
const FOUND_MAX = 12;

/** How well the name fits, the less the better; `null`: it does not. */
const fitOf = (name: string, wanted: string): number | null => {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  const words = wanted.split(/\s+/);
  if (!words.every((word) => name.includes(word))) return null;
  const isAtWord = words.every((word) => name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)));
  return isAtWord ? 2 : 3;
};

/** Those that a text leads to, the best first; nothing written leads to the pages. */
export const matching = (all: readonly Destination[], text: string): readonly Destination[] => {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return all.filter(({ kind }) => kind === 'Page');
  const fits: { readonly one: Destination; readonly fit: number }[] = [];
  for (const one of all) {
    const fit = fitOf(one.name.toLowerCase(), wanted);
    if (fit !== null) fits.push({ one, fit });
  }
  return fits
    .sort(
      (a, b) =>
        a.fit - b.fit ||
        KINDS.indexOf(a.one.kind) - KINDS.indexOf(b.one.kind) ||
        a.one.name.length - b.one.name.length ||
        a.one.name.localeCompare(b.one.name),
    )
    .slice(0, FOUND_MAX)
    .map(({ one }) => one);
};
