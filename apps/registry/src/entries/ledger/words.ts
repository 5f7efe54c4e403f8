import { isObject } from '#libs/mcp';

/**
 * What is not seen when text is read: control and format characters but for line ends, tabs and single joiners, halves of
 * surrogate pairs, private use, blank letters, runs of variation selectors. Texts are smuggled past readers with them.
 */
const HIDDEN =
  /(?![\t\n\r\p{Join_Control}\u0600-\u0605\u06dd\u070f])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\p{Join_Control}{2}|\p{Variation_Selector}{2}|(?=\p{Variation_Selector})[\u{e0000}-\u{effff}]/u;

/** Too short and too plain to tell a model anything but what it is: no address, no path, no order. */
const PLAIN = /^[A-Za-z0-9_.$#+-]{0,64}$/;
const PLAIN_NAME = /^[A-Za-z0-9_.$#/:+-]{0,64}$/;
/** A value of `$ref` that leads to a definition of the same schema. */
const LINK = /^#\/(?:\$defs|definitions)\/[A-Za-z0-9_.-]{1,64}$/;
const TOLD = new Set(['title', 'description']);
/** Models fill in what stands there, whatever its type. */
const FILLED_IN = new Set(['default', 'examples', 'format', 'const']);
/** Members of what stands there are names of the upstream's own, not keywords. */
const NAMING = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** What the members of an object are. */
type Members = 'keywords' | 'names' | 'told already';

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
  const visit = (value: unknown, place: string, key: string, members: Members): void => {
    if (typeof value === 'string') {
      const isPlain = PLAIN.test(value) || (key === '$ref' && LINK.test(value));
      if (members !== 'told already' && (TOLD.has(key) || !isPlain)) told.set(place, value);
      if (HIDDEN.test(value)) hidden.set(place, value);
      return;
    }
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${place}[${index}]`, '', members));
    if (!isObject(value)) return;
    objects.add(place);
    for (const [name, member] of Object.entries(value)) {
      const inside = place === '' ? name : `${place}.${name}`;
      const isFilledIn = members === 'keywords' && FILLED_IN.has(name);
      if (isFilledIn) told.set(inside, JSON.stringify(member));
      if (members !== 'told already' && !PLAIN_NAME.test(name)) told.set(`${inside} (name)`, name);
      if (HIDDEN.test(name)) hidden.set(`${inside} (name)`, name);
      visit(member, inside, name, isFilledIn ? 'told already' : membersOf(name, members));
    }
  };
  visit(definition, '', '', 'keywords');
  return { told, hidden, objects };
};

const membersOf = (name: string, around: Members): Members => {
  if (around === 'told already') return around;
  return around === 'keywords' && NAMING.has(name) ? 'names' : 'keywords';
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
