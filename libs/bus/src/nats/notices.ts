/**
 * What two processes tell each other about their calls. Each is a short prefix and a list of calls, by the ids that the
 * asker gave them; a process has one message for all calls that it has something to say of.
 *
 *     beat      u8 kind, 7 spare; per call: u32 id, u32 secret, u32 seq sent so far if it waits for credit, else 0
 *     inquiry   u8 kind, 7 spare; per call: u32 id, u32 secret, u32 ms since it was sent
 *     absent    u8 kind, u8 -, u16 instance bytes, 4 spare, instance; per call: u32 id, u32 secret
 *     question  u8 kind, u8 -, u16 instance bytes, u16 owners bytes, u16 -, f64 asked at, instance, owners; per call as above
 *     clock     u8 kind, 7 spare, f64 asked at, f64 time here, f64 epoch ms here; per call as above
 *     leaving   u8 kind, u8 whether nothing is in hand any more, instance
 */
export const BEAT = 5;
/** From an asker: what has become of these? */
export const INQUIRY = 8;
/** From an answerer: it has not begun these, and will not. */
export const ABSENT = 9;
/** From an answerer: what time is it at the asker, and does it still wait for these? */
export const QUESTION = 10;
/** From an asker: the time, and which it waits for. */
export const CLOCK = 11;
/** From an answerer: it takes no more requests. */
export const LEAVING = 12;

const PREFIX = 8;
const CLOCK_PREFIX = 32;
const QUESTION_PREFIX = 16;

/** A call, by what its asker called it. */
export interface CallKey {
  readonly id: number;
  readonly secret: number;
}

/** One number for both; an id is a slot among the calls that are open, far below the 2^21 that would be too many. */
export const keyOf = ({ id, secret }: CallKey): number => id * 2 ** 32 + secret;

const ENTRY = 12;
const KEY = 8;

const encodeTriples = (kind: number, calls: readonly CallKey[], third: (at: number) => number): Buffer => {
  const bytes = Buffer.alloc(PREFIX + calls.length * ENTRY);
  bytes[0] = kind;
  let at = PREFIX;
  for (const [index, { id, secret }] of calls.entries()) {
    bytes.writeUInt32LE(id, at);
    bytes.writeUInt32LE(secret, at + 4);
    bytes.writeUInt32LE(third(index), at + 8);
    at += ENTRY;
  }
  return bytes;
};

function* triples(bytes: Buffer): Generator<CallKey & { readonly third: number }> {
  for (let at = PREFIX; at + ENTRY <= bytes.length; at += ENTRY)
    yield { id: bytes.readUInt32LE(at), secret: bytes.readUInt32LE(at + 4), third: bytes.readUInt32LE(at + 8) };
}

const writeKeys = (bytes: Buffer, from: number, calls: readonly CallKey[]): void => {
  let at = from;
  for (const { id, secret } of calls) {
    bytes.writeUInt32LE(id, at);
    bytes.writeUInt32LE(secret, at + 4);
    at += KEY;
  }
};

const readKeys = (bytes: Buffer, from: number): CallKey[] => {
  const calls: CallKey[] = [];
  for (let at = from; at + KEY <= bytes.length; at += KEY)
    calls.push({ id: bytes.readUInt32LE(at), secret: bytes.readUInt32LE(at + 4) });
  return calls;
};

export const encodeBeat = (calls: readonly (CallKey & { readonly blockedAfter: number })[]): Buffer =>
  encodeTriples(BEAT, calls, (at) => calls[at]?.blockedAfter ?? 0);

export const readBeat = triples;

export const encodeInquiry = (calls: readonly (CallKey & { readonly ageMs: number })[]): Buffer =>
  encodeTriples(INQUIRY, calls, (at) => Math.round(calls[at]?.ageMs ?? 0));

export const readInquiry = triples;

export const encodeAbsent = (instance: string, calls: readonly CallKey[]): Buffer => {
  const bytes = Buffer.alloc(PREFIX + instance.length + calls.length * KEY);
  bytes[0] = ABSENT;
  bytes.writeUInt16LE(instance.length, 2);
  bytes.write(instance, PREFIX, 'latin1');
  writeKeys(bytes, PREFIX + instance.length, calls);
  return bytes;
};

export const readAbsent = (bytes: Buffer): { readonly instance: string; readonly calls: readonly CallKey[] } => {
  const end = PREFIX + bytes.readUInt16LE(2);
  return { instance: bytes.toString('latin1', PREFIX, end), calls: readKeys(bytes, end) };
};

export interface Question {
  readonly instance: string;
  /** The services that it answers for. */
  readonly owners: readonly string[];
  /** By the clock of whoever asks. */
  readonly askedAtMs: number;
  readonly calls: readonly CallKey[];
}

export const encodeQuestion = ({ instance, owners, askedAtMs, calls }: Question): Buffer => {
  const names = owners.join();
  const bytes = Buffer.alloc(QUESTION_PREFIX + instance.length + names.length + calls.length * KEY);
  bytes[0] = QUESTION;
  bytes.writeUInt16LE(instance.length, 2);
  bytes.writeUInt16LE(names.length, 4);
  bytes.writeDoubleLE(askedAtMs, 8);
  const namesAt = QUESTION_PREFIX + bytes.write(instance, QUESTION_PREFIX, 'latin1');
  writeKeys(bytes, namesAt + bytes.write(names, namesAt, 'latin1'), calls);
  return bytes;
};

export const readQuestion = (bytes: Buffer): Question => {
  const namesAt = QUESTION_PREFIX + bytes.readUInt16LE(2);
  const end = namesAt + bytes.readUInt16LE(4);
  return {
    instance: bytes.toString('latin1', QUESTION_PREFIX, namesAt),
    owners: bytes.toString('latin1', namesAt, end).split(','),
    askedAtMs: bytes.readDoubleLE(8),
    calls: readKeys(bytes, end),
  };
};

export interface ClockReading {
  /** As in the question. */
  readonly askedAtMs: number;
  /** `performance.now()` of whoever was asked. */
  readonly nowMs: number;
  /** The time of day there: compared, and nothing else. */
  readonly epochMs: number;
  readonly calls: readonly CallKey[];
}

export const encodeClock = ({ askedAtMs, nowMs, epochMs, calls }: ClockReading): Buffer => {
  const bytes = Buffer.alloc(CLOCK_PREFIX + calls.length * KEY);
  bytes[0] = CLOCK;
  bytes.writeDoubleLE(askedAtMs, 8);
  bytes.writeDoubleLE(nowMs, 16);
  bytes.writeDoubleLE(epochMs, 24);
  writeKeys(bytes, CLOCK_PREFIX, calls);
  return bytes;
};

export const readClock = (bytes: Buffer): ClockReading => ({
  askedAtMs: bytes.readDoubleLE(8),
  nowMs: bytes.readDoubleLE(16),
  epochMs: bytes.readDoubleLE(24),
  calls: readKeys(bytes, CLOCK_PREFIX),
});

export const encodeLeaving = (instance: string, isDone: boolean): Buffer => {
  const bytes = Buffer.alloc(2 + instance.length);
  bytes[0] = LEAVING;
  bytes[1] = isDone ? 1 : 0;
  bytes.write(instance, 2, 'latin1');
  return bytes;
};

export const readLeaving = (bytes: Buffer): { readonly instance: string; readonly isDone: boolean } => ({
  instance: bytes.toString('latin1', 2),
  isDone: bytes[1] === 1,
});
