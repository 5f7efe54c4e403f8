import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { CallFilter } from '../call-log/call-log.repository.js';

const EQUAL = [
  'principalId',
  'tokenId',
  'serverId',
  'upstreamId',
  'method',
  'errorCode',
  'clientName',
  'address',
] as const satisfies readonly (keyof CallFilter & keyof CallRecord)[];

/** Whether a record is one of those that a filter asks for; in its `name`, `*` stands for any text. */
export const matching = (filter: CallFilter): ((record: CallRecord) => boolean) => {
  const asked = EQUAL.filter((key) => filter[key] !== undefined);
  const { latencyMsMin = 0, outcomes } = filter;
  const isNamed = filter.name === undefined ? null : nameMatcher(filter.name);
  return (record) =>
    asked.every((key) => record[key] === filter[key]) &&
    record.latencyMs >= latencyMsMin &&
    (outcomes === undefined || outcomes.includes(record.outcome)) &&
    (isNamed === null || isNamed(record.name));
};

/** In time proportional to the two texts together, whatever they are: each piece is looked for once, from where the last ended. */
const nameMatcher = (pattern: string): ((name: string) => boolean) => {
  const [first = '', ...pieces] = pattern.split('*');
  const last = pieces.pop();
  if (last === undefined) return (name) => name === first;
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
    const end = name.length - last.length;
    let at = first.length;
    for (const piece of pieces) {
      const found = name.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
};
