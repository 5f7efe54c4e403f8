import type { CallOutcome, CallRecord } from '#libs/contracts';

/**
 * How a record stands in a spool file: `B` when the call begins, `S` when it settles, each a whole record as a JSON
 * array in the fixed order below (new fields go to its end). Half the bytes and two thirds of the time of an object.
 */
export type LineKind = 'B' | 'S';

/** Method and name are the client's words; they are cut here, so that no line is unbounded. */
const NAME_LENGTH_MAX = 1024;
const METHOD_LENGTH_MAX = 64;

const cut = (text: string, lengthMax: number): string => (text.length > lengthMax ? text.slice(0, lengthMax) : text);

export const toLine = (kind: LineKind, record: CallRecord): string =>
  `${kind}${JSON.stringify([
    record.callId,
    record.startedAtMs,
    record.latencyMs,
    record.principalId,
    record.tokenId,
    record.serverId,
    cut(record.method, METHOD_LENGTH_MAX),
    cut(record.name, NAME_LENGTH_MAX),
    record.upstreamId,
    record.outcome,
    record.errorCode,
    record.requestBytes,
    record.responseBytes,
    record.traceId,
  ])}\n`;

const FIELD_COUNT = 14;

/** `null` for anything that is not a whole line: the last one of a process that died while it wrote. */
export const fromLine = (line: string): { readonly kind: LineKind; readonly record: CallRecord } | null => {
  const kind = line[0];
  if (kind !== 'B' && kind !== 'S') return null;
  const fields = parseArray(line.slice(1));
  if (fields === null || fields.length < FIELD_COUNT || typeof fields[0] !== 'string') return null;
  return {
    kind,
    record: {
      callId: fields[0],
      startedAtMs: fields[1] as number,
      latencyMs: fields[2] as number,
      principalId: fields[3] as string,
      tokenId: fields[4] as string | null,
      serverId: fields[5] as string | null,
      method: fields[6] as string,
      name: fields[7] as string,
      upstreamId: fields[8] as string | null,
      outcome: fields[9] as CallOutcome,
      errorCode: fields[10] as string | null,
      requestBytes: fields[11] as number,
      responseBytes: fields[12] as number,
      traceId: fields[13] as string | null,
    },
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
