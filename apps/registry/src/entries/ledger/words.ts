import { isObject } from '#libs/mcp';

/**
 * What is not seen when text is read: control and format characters but for line ends, tabs and single joiners, halves of
 * surrogate pairs, private use, blank letters, runs of variation selectors. Texts are smuggled past readers with them.
 */
const HIDDEN =
  /(?![\t\n\r\p{Join_Control}\u0600-\u0605\u06dd\u070f])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\p{Join_Control}{2}|\p{Variation_Selector}{2}|(?=\p{Variation_Selector})[\u{e0000}-\u{effff}]/u;

/** Names, numbers, places: too short and too plain to tell a model anything but what it is. */
const PLAIN = /^[A-Za-z0-9_.$#/:+-]{0,64}$/;
const TOLD = new Set(['title', 'description']);

/** All texts of a definition, by where they stand, and where there are objects at all. */
export interface Words {
  /** Those that a model or a person reads as text. */
  readonly told: ReadonlyMap<string, string>;
  readonly hidden: ReadonlyMap<string, string>;
  readonly objects: ReadonlySet<string>;
}

/** `definition`: a parsed JSON value no deeper than definitions may be. */
export const wordsOf = (definition: unknown): Words => {
  const told = new Map<string, string>();
  const hidden = new Map<string, string>();
  const objects = new Set<string>();
  const visit = (value: unknown, place: string, key: string): void => {
    if (typeof value === 'string') {
      if (TOLD.has(key) || !PLAIN.test(value)) told.set(place, value);
      if (HIDDEN.test(value)) hidden.set(place, value);
      return;
    }
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${place}[${index}]`, ''));
    if (!isObject(value)) return;
    objects.add(place);
    for (const [name, member] of Object.entries(value)) {
      const inside = place === '' ? name : `${place}.${name}`;
      if (!PLAIN.test(name)) told.set(`${inside} (name)`, name);
      if (HIDDEN.test(name)) hidden.set(`${inside} (name)`, name);
      visit(member, inside, name);
    }
  };
  visit(definition, '', '');
  return { told, hidden, objects };
};

/** A text of an upstream as it may be shown: on one line, without what is not seen. */
export const printable = (text: string, charsMax: number): string =>
  text.slice(0, charsMax).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');

/** The same text with what is not seen written out. */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}\p{Variation_Selector}\u115f\u1160\u3164\uffa0]/gu,
    (unseen) => `\\u{${(unseen.codePointAt(0) as number).toString(16)}}`,
  );
