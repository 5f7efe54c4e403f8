import { type Schema, schemaChanges } from '#libs/openapi';
import { isObject } from '#libs/mcp';
import { changesBetween } from '../../sources/openapi/tool-changes.js';
import type { ToolVersion } from './version.js';
import { type Words, printable, wordsOf } from './words.js';

/** What a change of a tool is, from what needs the closest look to what needs the least; then what is no change of one. */
export const CHANGE_CLASSES = ['hidden_characters', 'breaking', 'text', 'compatible', 'added', 'removed'] as const;
/**
 * One of `CHANGE_CLASSES`. `hidden_characters`: holds characters that are not seen; `breaking`: a call that worked may no longer;
 * `text`: a model reads something else; `compatible`: neither.
 */
export type ChangeClass = (typeof CHANGE_CLASSES)[number];

/** One thing that is other than before, in words. */
export interface ChangeFinding {
  readonly class: ChangeClass;
  readonly finding: string;
}

/** What a change is, and why: the worst of its findings. */
export interface Classified {
  readonly class: ChangeClass;
  readonly findings: readonly ChangeFinding[];
}

const FINDINGS_MAX = 20;
const FINDING_CHARS_MAX = 200;
/** Members that are compared on their own. */
const COMPARED = new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'execution']);

type Definition = Readonly<Record<string, unknown>>;

const LEFT_OUT: ChangeFinding = {
  class: 'hidden_characters',
  finding: 'its texts came with characters that are not seen, which are left out',
};

/**
 * `before` null: there was no such tool; `after` null: there is none any more. `hadHiddenText`: what nobody sees was taken out of
 * the texts of `after` when they were read.
 */
export const classify = (
  name: string,
  before: ToolVersion | null,
  after: ToolVersion | null,
  hadHiddenText = false,
): Classified => {
  if (after === null) return { class: 'removed', findings: [] };
  const found = [
    ...(hadHiddenText ? [LEFT_OUT] : []),
    ...(before === null ? findingsOfNew(after) : findingsOfChange(name, before, after)),
  ];
  const worst = CHANGE_CLASSES.find((each) => found.some((finding) => finding.class === each));
  if (worst === undefined) {
    if (before === null) return { class: 'added', findings: [] };
    return { class: 'compatible', findings: [{ class: 'compatible', finding: 'it is written differently' }] };
  }
  const texts = new Map(found.map((finding) => [`${finding.class} ${finding.finding}`, finding]));
  const findings = [...texts.values()]
    .sort((one, other) => CHANGE_CLASSES.indexOf(one.class) - CHANGE_CLASSES.indexOf(other.class))
    .slice(0, FINDINGS_MAX)
    .map((each) => ({ class: each.class, finding: printable(each.finding, FINDING_CHARS_MAX) }));
  return { class: worst, findings };
};

const definitionsOf = ({ definition, legacyDefinition }: ToolVersion): readonly [Definition, Definition] => {
  const modern = JSON.parse(definition) as Definition;
  return [modern, legacyDefinition === null ? modern : (JSON.parse(legacyDefinition) as Definition)];
};

const NO_WORDS: Words = wordsOf(undefined);

const findingsOfNew = (after: ToolVersion): ChangeFinding[] =>
  definitionsOf(after).flatMap((definition) => hiddenIn(NO_WORDS, wordsOf(definition)));

const findingsOfChange = (name: string, before: ToolVersion, after: ToolVersion): ChangeFinding[] => {
  const [was, legacyWas] = definitionsOf(before);
  const [is, legacyIs] = definitionsOf(after);
  return [
    ...between(was, is),
    ...(legacyWas === was && legacyIs === is ? [] : between(legacyWas, legacyIs)),
    ...eraFindings(before, after),
    ...sourceFindings(name, before, after),
  ];
};

const between = (was: Definition, is: Definition): ChangeFinding[] => {
  const [words, now] = [wordsOf(was), wordsOf(is)];
  return [
    ...hiddenIn(words, now),
    ...schemaChanges(schemaIn(was, 'inputSchema'), schemaIn(is, 'inputSchema')).map(({ kind, reason }) => ({
      class: kind,
      finding: reason,
    })),
    ...outputFindings(was, is),
    ...(differs(was['execution'], is['execution'])
      ? [{ class: 'breaking' as const, finding: 'how it is run changed' }]
      : []),
    ...textFindings(words, now),
    ...otherMembers(was, is),
  ];
};

const hiddenIn = (before: Words, now: Words): ChangeFinding[] =>
  [...now.hidden]
    .filter(([place, text]) => before.hidden.get(place) !== text)
    .map(([place]) => ({ class: 'hidden_characters', finding: `${place} holds characters that are not seen` }));

/** A text is another, is new, or is gone from something that is still there. */
const textFindings = (before: Words, now: Words): ChangeFinding[] => [
  ...[...now.told]
    .filter(([place, text]) => before.told.get(place) !== text)
    .map(
      ([place]): ChangeFinding => ({
        class: 'text',
        finding: before.told.has(place) ? `${place} says something else` : `${place} is a text that is new`,
      }),
    ),
  ...[...before.told.keys()]
    .filter((place) => !now.told.has(place) && now.objects.has(place.slice(0, Math.max(0, place.lastIndexOf('.')))))
    .map((place): ChangeFinding => ({ class: 'text', finding: `${place} says nothing any more` })),
];

/** The other way round than arguments: what is promised less is missed. */
const outputFindings = (was: Definition, is: Definition): ChangeFinding[] => {
  const [before, now] = [was['outputSchema'], is['outputSchema']];
  if (!differs(before, now)) return [];
  if (before === undefined) return [{ class: 'compatible', finding: 'its results are described' }];
  if (now === undefined) return [{ class: 'breaking', finding: 'its results are not described any more' }];
  return schemaChanges(schemaIn(is, 'outputSchema'), schemaIn(was, 'outputSchema')).map(({ kind }) =>
    kind === 'breaking'
      ? { class: 'breaking', finding: 'its results may be others than were promised' }
      : { class: kind, finding: 'its results are described differently' },
  );
};

/** Annotations, icons, `_meta`: clients act on them, or show them. */
const otherMembers = (was: Definition, is: Definition): ChangeFinding[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((member) => !COMPARED.has(member) && differs(was[member], is[member]))
    .map((member) => ({ class: 'text', finding: `${member} changed` }));

const eraFindings = (before: ToolVersion, after: ToolVersion): ChangeFinding[] => {
  if (before.era === after.era) return [];
  return after.era === null
    ? [{ class: 'compatible', finding: 'it is offered to clients of both eras' }]
    : [{ class: 'breaking', finding: `it is offered to ${after.era} clients alone` }];
};

/** How a call becomes a request; its schema has been compared already. */
const sourceFindings = (name: string, before: ToolVersion, after: ToolVersion): ChangeFinding[] => {
  if (before.source === after.source) return [];
  const changes = changesBetween([{ originalName: name, ...before }], [{ originalName: name, ...after }]);
  const found = changes.flatMap((change) =>
    'reasons' in change ? change.reasons.map((finding) => ({ class: change.kind, finding })) : [],
  );
  if (changes.some(({ kind }) => kind === 'removed'))
    return [{ class: 'breaking', finding: 'it stands for another operation' }];
  return found.length > 0 ? found : [{ class: 'compatible', finding: 'the request is written differently' }];
};

const schemaIn = (definition: Definition, member: string): Schema => {
  const schema = definition[member];
  return isObject(schema) ? (schema as Schema) : {};
};

const differs = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other);
