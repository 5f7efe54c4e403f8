import type { CallOutcome, CallRecord } from '#libs/contracts';

/**
 * How a record stands in a spool file: `B` when the call begins, with what is known of it by then, `S` when it settles,
 * with all of it; each as a JSON array in the fixed order below (new fields go to its end). Half the bytes and two thirds
 * of the time of an object.
 */
export type LineKind = 'B' | 'S';

/** Method and name are the client's words; they are cut here, so that no line is unbounded. */
const NAME_LENGTH_MAX = 1024;
const METHOD_LENGTH_MAX = 64;

const cut = (text: string, lengthMax: number): string => (text.length > lengthMax ? text.slice(0, lengthMax) : text);

/** The fields that do not change from begin to settle, of the call and of its client: JSON without the brackets. */
export interface Known {
  readonly call: string;
  readonly client: string;
}

export const toKnown = (record: CallRecord): Known => ({ call: callOf(record), client: clientOf(record) });

/** The client of the last call, which is often the one of the next. */
let last = { clientName: null, clientVersion: null, address: null, revision: null } as ClientFacts;
let lastText = 'null,null,null,null';

type ClientFacts = Pick<CallRecord, 'clientName' | 'clientVersion' | 'address' | 'revision'>;

const clientOf = ({ clientName, clientVersion, address, revision }: CallRecord): string => {
  const isLast =
    last.clientName === clientName &&
    last.clientVersion === clientVersion &&
    last.address === address &&
    last.revision === revision;
  if (isLast) return lastText;
  last = { clientName, clientVersion, address, revision };
  return (lastText = JSON.stringify([clientName, clientVersion, address, revision]).slice(1, -1));
};

const callOf = (record: CallRecord): string =>
  JSON.stringify([
    record.callId,
    record.startedAtMs,
    record.principalId,
    record.tokenId,
    record.serverId,
    cut(record.method, METHOD_LENGTH_MAX),
    cut(record.name, NAME_LENGTH_MAX),
    record.upstreamId,
    record.requestBytes,
    record.traceId,
  ]).slice(1, -1);

export const beginLine = ({ call, client }: Known): string => `B[${call},${client}]\n`;

export const settleLine = ({ call, client }: Known, record: CallRecord): string => {
  const { latencyMs, outcome, errorCode, responseBytes, upstreamRevision, waitedMs, upstreamMs, rule } = record;
  const end = `${latencyMs},"${outcome}",${textOf(errorCode)},${responseBytes}`;
  return `S[${call},${end},${client},${textOf(upstreamRevision)},${waitedMs},${upstreamMs},${textOf(rule)}]\n`;
};

const textOf = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));

const KNOWN_COUNT = 10;
/** Where the fields begin that came later; a line of before has none of them. */
const SETTLED_COUNT = 14;

/** `null` for anything that is not a whole line: the last one of a process that died while it wrote. */
export const fromLine = (line: string): { readonly kind: LineKind; readonly record: CallRecord } | null => {
  const kind = line[0];
  if (kind !== 'B' && kind !== 'S') return null;
  const fields = parseArray(line.slice(1));
  if (fields === null || typeof fields[0] !== 'string') return null;
  if (fields.length < (kind === 'B' ? KNOWN_COUNT : SETTLED_COUNT)) return null;
  return {
    kind,
    record: {
      callId: fields[0],
      startedAtMs: fields[1] as number,
      latencyMs: kind === 'B' ? 0 : (fields[10] as number),
      principalId: fields[2] as string,
      tokenId: fields[3] as string | null,
      serverId: fields[4] as string | null,
      method: fields[5] as string,
      name: fields[6] as string,
      upstreamId: fields[7] as string | null,
      outcome: kind === 'B' ? 'unknown' : (fields[11] as CallOutcome),
      errorCode: kind === 'B' ? null : (fields[12] as string | null),
      requestBytes: fields[8] as number,
      responseBytes: kind === 'B' ? 0 : (fields[13] as number),
      traceId: fields[9] as string | null,
      ...laterFields(fields.slice(kind === 'B' ? KNOWN_COUNT : SETTLED_COUNT)),
    },
  };
};

/** Those of the client, then those of how it ended. */
const laterFields = (fields: readonly unknown[]) => {
  const text = (at: number): string | null => (fields[at] ?? null) as string | null;
  const ms = (at: number): number => (fields[at] ?? 0) as number;
  return {
    clientName: text(0),
    clientVersion: text(1),
    address: text(2),
    revision: text(3),
    upstreamRevision: text(4),
    waitedMs: ms(5),
    upstreamMs: ms(6),
    rule: text(7),
  };
};

const parseArray = (text: string): unknown[] | null => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
};
