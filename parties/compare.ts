import { isDeepStrictEqual } from 'node:util';
import type { Entry, Seen } from './session.js';

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

/** What a revision demands of a list's member, whoever sends it; and what is the gateway's own. */
const OF_THE_HOP: ReadonlySet<string> = new Set(['execution']);

const SHOWN = 120;

/** Both from where they begin to differ. */
const contrast = (through: unknown, direct: unknown): string => {
  const [one, other] = [through, direct].map((value) => JSON.stringify(value) ?? 'absent') as [string, string];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - 20);
  return `${one.slice(from, from + SHOWN)} for ${other.slice(from, from + SHOWN)}`;
};

/** An answer without what says who gave it, which is the gateway for clients of 2026-07-28. */
const unsigned = (answer: unknown): unknown => {
  const { _meta, ...rest } = answer as { _meta?: Entry };
  const { 'io.modelcontextprotocol/serverInfo': _, ...meta } = _meta ?? {};
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
};

const membersThatDiffer = (direct: Entry, through: Entry): string[] =>
  [...new Set([...Object.keys(direct), ...Object.keys(through)])].filter(
    (member) => !OF_THE_HOP.has(member) && !isDeepStrictEqual(direct[member], through[member]),
  );

const keyOf = (entry: Entry): string => String(entry['uri'] ?? entry['uriTemplate'] ?? entry['name']);

const withoutPrefix = (name: string, prefix: string): string =>
  name.startsWith(prefix) ? name.slice(prefix.length) : name;

/** Member by member; each difference as a sentence. `prefix` stands before names of tools and prompts at the gateway. */
export const differences = (direct: Seen, through: Seen, prefix: string): string[] => {
  const found: string[] = [];
  for (const list of LISTS) {
    const named = (entry: Entry): Entry =>
      list === 'tools' || list === 'prompts' ? { ...entry, name: withoutPrefix(String(entry['name']), prefix) } : entry;
    const there = new Map(through[list].map((entry) => [keyOf(named(entry)), named(entry)]));
    for (const entry of direct[list]) {
      const other = there.get(keyOf(entry));
      there.delete(keyOf(entry));
      if (other === undefined) found.push(`${list}: ${keyOf(entry)} is missing`);
      else
        for (const member of membersThatDiffer(entry, other))
          found.push(`${list}: ${keyOf(entry)} has ${member} ${contrast(other[member], entry[member])}`);
    }
    for (const key of there.keys()) found.push(`${list}: ${key} is not the server's`);
  }
  direct.answers.forEach((answer, at) => {
    const [one, other] = [unsigned(through.answers[at]), unsigned(answer)];
    if (!isDeepStrictEqual(one, other)) found.push(`call ${at + 1}: ${contrast(one, other)}`);
  });
  return found;
};
