import { isObject } from '../../json/is-object.js';
import { memberText, withMembers } from '../../json/members.js';

/** Tells what was wrong with a value and what was made of it; continues a sentence that begins with its name. */
export type Note = (said: string) => void;

/** What becomes of a value: its new text, `null` to leave it out, `undefined` where it is sound. Throws `Faulty`. */
export type Rule = (value: unknown, text: () => string, note: Note) => string | null | undefined;

/** A fault that has no obvious meaning: the whole entry is left out. */
export class Faulty extends Error {}

const leftOut = (note: Note, what: string): null => {
  note(`is ${what} and left out`);
  return null;
};

/** An object of which these members are looked at; one that is `null` counts as absent. What is sound stays byte for byte. */
export const object =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value, text, note) => {
    if (!isObject(value)) return leftOut(note, 'no object');
    const changes: Record<string, string | null> = {};
    for (const [key, rule] of Object.entries(rules)) {
      if (!Object.hasOwn(value, key)) continue;
      const change =
        value[key] === null
          ? null
          : rule(
              value[key],
              () => memberText(text(), key) ?? 'null',
              (said) => note(`${key} ${said}`),
            );
      if (change !== undefined) changes[key] = change;
    }
    return Object.keys(changes).length === 0 ? undefined : withMembers(text(), changes);
  };

/** A list whose faulty items are left out. */
export const list =
  (item: Rule): Rule =>
  (value, _text, note) => {
    if (!Array.isArray(value)) return leftOut(note, 'no list');
    let changed = false;
    const kept = value.flatMap((element: unknown) => {
      const change = element === null ? null : item(element, () => JSON.stringify(element), note);
      changed ||= change !== undefined;
      if (change === null) return [];
      return [change ?? JSON.stringify(element)];
    });
    return changed ? `[${kept.join(',')}]` : undefined;
  };

export const text: Rule = (value, _text, note) => (typeof value === 'string' ? undefined : leftOut(note, 'no text'));

export const flag: Rule = (value, _text, note) => {
  if (typeof value === 'boolean') return undefined;
  return value === 'true' || value === 'false' ? value : leftOut(note, 'neither true nor false');
};

export const oneOf =
  (...allowed: readonly string[]): Rule =>
  (value, _text, note) =>
    typeof value === 'string' && allowed.includes(value) ? undefined : leftOut(note, 'none of the words it may be');

export const number =
  (min: number, max: number): Rule =>
  (value, _text, note) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? undefined
      : leftOut(note, 'no number that it may be');
