/** Takes from a stream as many bytes as are wanted. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.source = bytes[Symbol.asyncIterator]();
  }

  /** `null` where the stream ends before. */
  async exactly(count: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for (let wanted = count; wanted > 0; ) {
      const part = await this.upTo(wanted);
      if (part === null) return null;
      parts.push(part);
      wanted -= part.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** What there is next, at most that many bytes; `null` at the end. */
  async upTo(max: number): Promise<Buffer | null> {
    while (this.held.length === 0) {
      const { done, value } = await this.source.next();
      if (done === true) return null;
      this.held = value;
    }
    const part = this.held.subarray(0, max);
    this.held = this.held.subarray(part.length);
    return part;
  }

  /** Up to and with the first such byte; `null` where it does not come within `max` bytes. */
  async until(byte: number, max: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for (let taken = 0; taken < max; ) {
      const part = await this.upTo(max - taken);
      if (part === null) return null;
      const end = part.indexOf(byte);
      if (end >= 0) {
        this.held = Buffer.concat([part.subarray(end + 1), this.held]);
        return Buffer.concat([...parts, part.subarray(0, end + 1)]);
      }
      parts.push(part);
      taken += part.length;
    }
    return null;
  }
}
