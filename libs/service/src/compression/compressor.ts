import type { IncomingHttpHeaders } from 'node:http';
import { type AcceptedCodings, type Coding, acceptedCodings } from './accepted-coding.js';
import { type CompressedStart, END_BYTES_MAX, encodersOf } from './codings.js';
import type { CompressionConfig } from './compression.config.js';

/** At once, waiting for a thread of the pool included; what would be more goes out as it is. */
const ACTIVE_MAX = 8;
/** What is longer takes longer to compress than to send. */
export const BYTES_MAX = 16 * 1024 * 1024;
/** What is compressed for one answer: soonest done first. What is kept: smallest first, as in `CODINGS`. */
const FOR_ONE: readonly Coding[] = ['zstd', 'br', 'gzip'];

/** Decides what is compressed how, and sees to it that it is not too much at once. */
export class Compressor {
  private readonly encoders;
  private active = 0;

  constructor(private readonly config: CompressionConfig) {
    this.encoders = encodersOf(config);
  }

  get isEnabled(): boolean {
    return this.config.COMPRESSION_ENABLED;
  }

  /** The coding of an answer of so many bytes; null: as it is. `bytesMin`, where this kind of answers has one of its own. */
  chosen(headers: IncomingHttpHeaders, bytes: number, bytesMin = 0): Coding | null {
    return this.choose(acceptedCodings(acceptEncodingOf(headers)), bytes, bytesMin, FOR_ONE);
  }

  /** Likewise, where it is compressed once for many answers. */
  chosenToKeep(headers: IncomingHttpHeaders, bytes: number): Coding | null {
    const accepted = acceptedCodings(acceptEncodingOf(headers));
    return this.choose(accepted, bytes, 0, accepted.best);
  }

  /** Null where too much is being compressed. Rejects with whatever zlib fails of. */
  compressed(coding: Coding, plain: Buffer): Promise<Buffer> | null {
    return this.run(() => this.encoders[coding].whole(plain));
  }

  started(coding: Coding, plain: Buffer): Promise<CompressedStart> | null {
    return this.run(() => this.encoders[coding].start(plain));
  }

  private choose(
    { best, plain }: AcceptedCodings,
    bytes: number,
    bytesMin: number,
    order: readonly Coding[],
  ): Coding | null {
    if (!this.config.COMPRESSION_ENABLED || best.length === 0 || bytes === 0 || bytes > BYTES_MAX) return null;
    if (plain && bytes < Math.max(bytesMin, this.config.COMPRESSION_MINIMUM_SIZE)) return null;
    return order.find((coding) => best.includes(coding)) ?? null;
  }

  private run<T>(work: () => Promise<T>): Promise<T> | null {
    if (this.active >= ACTIVE_MAX) return null;
    this.active++;
    return work().finally(() => this.active--);
  }
}

/** Whether the end of an answer may stand behind a start that is kept compressed: it has 1 to 65,535 bytes. */
export const isShortEnd = (bytes: number): boolean => bytes > 0 && bytes <= END_BYTES_MAX;

const acceptEncodingOf = (headers: IncomingHttpHeaders): string | undefined => {
  const header: string | string[] | undefined = headers['accept-encoding'];
  return Array.isArray(header) ? header.join(',') : header;
};

/** `Vary` with `Accept-Encoding` in it besides what is there. */
export const varying = (before: number | string | readonly string[] | undefined): string =>
  before === undefined ? 'Accept-Encoding' : `${String(before)}, Accept-Encoding`;
