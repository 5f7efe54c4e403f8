import type { Params } from './message.js';

/** The params' text with some members replaced by another text, or removed (`null`). The rest stays byte for byte. */
export const editParams = (params: Params, changes: Readonly<Record<string, string | null>>): string => {
  const { text, members } = params;
  let edited = '';
  for (const member of members) {
    const change = Object.hasOwn(changes, member.key) ? changes[member.key] : undefined;
    if (change === null) continue;
    const part =
      change === undefined ? text.slice(member.start, member.end) : `${JSON.stringify(member.key)}:${change}`;
    edited = edited === '' ? part : `${edited},${part}`;
  }
  return `{${edited}}`;
};

/** The text of one param, or `undefined`. */
export const paramText = (params: Params, key: string): string | undefined => {
  const member = params.members.find((candidate) => candidate.key === key);
  return member === undefined ? undefined : params.text.slice(member.valueStart, member.end);
};
