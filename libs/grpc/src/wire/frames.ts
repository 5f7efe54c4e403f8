const HEAD_BYTES = 5;

/** What came is not what gRPC says, or more than is taken. */
export class FrameRefused extends Error {
  constructor(
    message: string,
    /** It was longer than the limit. */
    readonly isTooLong = false,
  ) {
    super(message);
  }
}

/** A message as it is sent. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
export const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
};

/** Cuts the bytes of an answer into messages. */
export class FrameReader {
  private chunks: Uint8Array[] = [];
  /** Bytes that belong to no message yet. */
  pending = 0;

  constructor(private readonly messageBytesMax: number) {}

  /** The messages that are complete now. Throws `FrameRefused`. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.chunks.push(chunk);
    this.pending += chunk.length;
    const messages: Uint8Array[] = [];
    for (let message = this.next(); message !== null; message = this.next()) messages.push(message);
    return messages;
  }

  private next(): Uint8Array | null {
    if (this.pending < HEAD_BYTES) return null;
    const head = this.joined(HEAD_BYTES);
    const length = head.readUInt32BE(1);
    if (head[0] !== 0) throw new FrameRefused('The server compressed a message unasked');
    if (length > this.messageBytesMax)
      throw new FrameRefused(`The server sent a message of more than ${this.messageBytesMax} bytes`, true);
    if (this.pending < HEAD_BYTES + length) return null;
    const all = this.joined(HEAD_BYTES + length);
    const rest = all.subarray(HEAD_BYTES + length);
    this.chunks[0] = rest;
    this.pending -= HEAD_BYTES + length;
    return all.subarray(HEAD_BYTES, HEAD_BYTES + length);
  }

  /** The first chunk, made so long at least. */
  private joined(bytes: number): Buffer {
    const [first] = this.chunks;
    if (first === undefined || first.length < bytes) this.chunks = [Buffer.concat(this.chunks)];
    const whole = this.chunks[0] as Uint8Array;
    return Buffer.from(whole.buffer, whole.byteOffset, whole.length);
  }
}
