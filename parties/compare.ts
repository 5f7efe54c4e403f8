import { isDeepStrictEqual } from 'node:util';
import type { Entry, Seen } from './session.js';

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

/** What a revision demands of a list's member, whoever sends it; and what is the gateway's own. */
const OF_THE_HOP: ReadonlySet<string> = new Set(['execution']);

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

const membersThatDiffer = (direct: Entry, through: Entry): string[] =>
  [...new Set([...Object.keys(direct), ...Object.keys(through)])].filter(
    (member) => !OF_THE_HOP.has(member) && !isDeepStrictEqual(direct[member], through[member]),
  );

const keyOf = (entry: Entry): string => String(entry['uri'] ?? entry['uriTemplate'] ?? entry['name']);

/** Member by member; each difference as a sentence. `prefix` stands before names of tools and prompts at the gateway. */
export const differences = (direct: Seen, through: Seen, prefix: string): string[] => {
  const found: string[] = [];
  for (const list of LISTS) {
    const named = (entry: Entry): Entry =>
      list === 'tools' || list === 'prompts'
        ? { ...entry, name: String(entry['name']).replace(new RegExp(`^${prefix}`), '') }
        : entry;
    const there = new Map(through[list].map((entry) => [keyOf(named(entry)), named(entry)]));
    for (const entry of direct[list]) {
      const other = there.get(keyOf(entry));
      there.delete(keyOf(entry));
      if (other === undefined) found.push(`${list}: ${keyOf(entry)} is missing`);
      else
        for (const member of membersThatDiffer(entry, other))
          found.push(`${list}: ${keyOf(entry)} has ${member} ${short(other[member])} for ${short(entry[member])}`);
    }
    for (const key of there.keys()) found.push(`${list}: ${key} is not the server's`);
  }
  direct.answers.forEach((answer, at) => {
    const other = through.answers[at];
    if (!isDeepStrictEqual(answer, other)) found.push(`call ${at + 1}: ${short(other)} for ${short(answer)}`);
  });
  return found;
};
