import { isObject } from '../../json/is-object.js';
import { type Rule, text } from './mend.js';

const CHARS_MAX = 65_536;

/**
 * What nobody sees but a model reads: control characters but for tabs and line ends, marks that change the direction of
 * writing, zero-width characters (but for the joiners that scripts and emoji need), tags.
 */
const UNSEEN =
  /[\u{0}-\u{8}\u{B}\u{C}\u{E}-\u{1F}\u{7F}-\u{9F}\u{AD}\u{61C}\u{180E}\u{200B}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}\u{E0000}-\u{E007F}]/u;
const ALL_UNSEEN = new RegExp(UNSEEN, 'gu');

const INVISIBLE = 'has invisible characters, which are left out';
/** Of a schema. */
export const CUT_SCHEMA = 'says something to nobody but a model, or at great length; it is cut';

/** Whether a note on a definition says that it held what nobody sees but a model reads. */
export const tellsOfHiddenText = (note: string): boolean => note.includes(INVISIBLE) || note.includes(CUT_SCHEMA);

/** A text for people and models: without what cannot be seen, and no longer than anybody reads. */
export const shownText: Rule = (value, valueText, note) => {
  if (typeof value !== 'string') return text(value, valueText, note);
  if (!UNSEEN.test(value) && value.length <= CHARS_MAX) return undefined;
  const seen = value.replace(ALL_UNSEEN, '');
  if (seen.length < value.length) note(INVISIBLE);
  if (seen.length > CHARS_MAX) note(`is longer than ${CHARS_MAX} characters and cut`);
  return JSON.stringify(seen.slice(0, CHARS_MAX));
};

/** Plain data, in which the words mean nothing. */
const DATA = new Set(['const', 'default', 'enum', 'examples']);
const SHOWN = new Set(['description', 'title']);

/** The schema with what it says to people and models cleaned; the same object where there is nothing to clean. */
export const withShownTexts = (schema: unknown): unknown => {
  if (Array.isArray(schema)) {
    const items = schema.map(withShownTexts);
    return items.some((item, index) => item !== schema[index]) ? items : schema;
  }
  if (!isObject(schema)) return schema;
  let changed: [string, unknown][] | undefined;
  for (const [key, value] of Object.entries(schema)) {
    if (DATA.has(key)) continue;
    const clean = SHOWN.has(key) && typeof value === 'string' ? cleaned(value) : withShownTexts(value);
    if (clean !== value) (changed ??= []).push([key, clean]);
  }
  // `fromEntries` defines, so that a key such as __proto__ stays one.
  return changed === undefined ? schema : Object.fromEntries([...Object.entries(schema), ...changed]);
};

const cleaned = (value: string): string =>
  UNSEEN.test(value) || value.length > CHARS_MAX ? value.replace(ALL_UNSEEN, '').slice(0, CHARS_MAX) : value;
