/** What a field of a message holds: a varint or a fixed number, or the bytes of a text or another message. */
export type FieldValue = bigint | Buffer;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message by their numbers, each as often as it came. https://protobuf.dev/programming-guides/encoding/ */
export const fieldsOf = (message: Buffer): Map<number, FieldValue[]> => {
  const fields = new Map<number, FieldValue[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (bytes: number): Buffer => {
    if (at + bytes > message.length) throw new Error('the message is cut off');
    return message.subarray(at, (at += bytes));
  };
  const valueOf = (type: number): FieldValue => {
    if (type === VARINT) return varint();
    if (type === FIXED64) return take(8).readBigUInt64LE();
    if (type === FIXED32) return BigInt(take(4).readUInt32LE());
    if (type === BYTES) return take(Number(varint()));
    throw new Error(`a field of type ${type}`);
  };
  while (at < message.length) {
    const key = Number(varint());
    const value = valueOf(key & 7);
    const number = key >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
};

/** The messages that a field holds. */
export const messagesIn = (message: Buffer, field: number): Buffer[] =>
  (fieldsOf(message).get(field) ?? []).filter((value) => Buffer.isBuffer(value));

/** The text of a field; '' where it is absent, as in proto3. */
export const textIn = (message: Buffer, field: number): string => messagesIn(message, field).at(-1)?.toString() ?? '';

/** The number of a field; 0 where it is absent, as in proto3. */
export const numberIn = (message: Buffer, field: number): number => {
  const value = fieldsOf(message).get(field)?.at(-1);
  return typeof value === 'bigint' ? Number(value) : 0;
};
