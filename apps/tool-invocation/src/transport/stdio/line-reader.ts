import { fail, type GatewayError } from '#libs/errors';
import { type CarriedJson, carriedJson } from '#libs/mcp';

const LF = 10;
const CR = 13;

/** Cuts bytes into lines. A line over the limit is dropped up to its end and reported once. */
export class LineReader {
  private partial: Buffer[] = [];
  private bytes = 0;
  private skipping = false;

  constructor(
    private readonly bytesMax: number,
    private readonly onLine: (line: CarriedJson) => void,
    private readonly onRefused: (error: GatewayError) => void,
    /** A line that is no text; like any other that is no message, it says nothing of the ones beside it. */
    private readonly onNoise: (error: GatewayError) => void,
  ) {}

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.bytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      this.endLine(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  private keep(rest: Buffer): void {
    if (this.skipping) return;
    this.bytes += rest.length;
    this.partial.push(rest);
    if (this.bytes <= this.bytesMax) return;
    this.skipping = true;
    this.reset();
    this.onRefused(fail('upstream.too_large'));
  }

  private endLine(tail: Buffer): void {
    if (this.skipping) {
      this.skipping = false;
      return;
    }
    this.partial.push(tail);
    const bytes = this.partial.length === 1 ? tail : Buffer.concat(this.partial);
    this.reset();
    if (bytes.length > this.bytesMax) return this.onRefused(fail('upstream.too_large'));
    const line = bytes[bytes.length - 1] === CR ? bytes.subarray(0, -1) : bytes;
    if (line.length === 0) return;
    let json: CarriedJson;
    try {
      json = carriedJson(line);
    } catch (error) {
      return this.onNoise(error as GatewayError);
    }
    this.onLine(json);
  }

  private reset(): void {
    this.partial = [];
    this.bytes = 0;
  }
}
