/** A request as version 0.1 sent it: with the date of its deadline, and answered without a look at anybody's clock. */
export const datedRequest = (head: string, deadlineAtMs: number): Buffer => {
  const bytes = Buffer.alloc(28 + head.length);
  bytes[0] = 1;
  bytes.writeDoubleLE(deadlineAtMs, 8);
  bytes.writeUInt32LE(head.length, 16);
  bytes.writeUInt32LE(1, 20);
  bytes.writeUInt32LE(2, 24);
  bytes.write(head, 28);
  return bytes;
};
