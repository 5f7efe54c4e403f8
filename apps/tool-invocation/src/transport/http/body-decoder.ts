import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  constants,
} from 'node:zlib';
import type { Transform } from 'node:stream';
import { fail } from '#libs/errors';
import type { Source } from '../intake-gate.js';

/** https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding : what upstreams may compress their answers with. */
export const ACCEPT_ENCODING = 'gzip, deflate, br, zstd';

const ZLIB_METHOD = 8;

export interface BodyDecoderEvents {
  /** As soon as it can be decoded: an event of a stream does not wait for the next one. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** Decodes the body of an answer. Whoever takes the data counts it, and closes the decoder when it is too much. */
export class BodyDecoder implements Source {
  private decoder: Transform | undefined;
  private isClosed = false;

  /** `undefined` for a body that is not encoded. */
  static of(header: string | string[] | undefined, events: BodyDecoderEvents): BodyDecoder | undefined {
    const encoding = String(header ?? '')
      .trim()
      .toLowerCase();
    return encoding === '' || encoding === 'identity' ? undefined : new BodyDecoder(encoding, events);
  }

  private constructor(
    private readonly encoding: string,
    private readonly events: BodyDecoderEvents,
  ) {}

  push(chunk: Buffer): void {
    if (this.isClosed) return;
    this.decoder ??= this.begin(chunk);
    this.decoder?.write(chunk);
  }

  pause(): void {
    this.decoder?.pause();
  }

  resume(): void {
    this.decoder?.resume();
  }

  end(): void {
    if (this.isClosed) return;
    if (this.decoder === undefined) this.events.onEnd();
    else this.decoder.end();
  }

  close(): void {
    this.isClosed = true;
    this.decoder?.destroy();
  }

  /** With the first bytes: what "deflate" means, only they tell. */
  private begin(first: Buffer): Transform | undefined {
    const decoder = decoderOf(this.encoding, first);
    if (decoder === undefined) {
      const message = `The upstream encoded its answer unasked: ${this.encoding.slice(0, 32)}`;
      this.refuse(fail('upstream.invalid_answer', { message }));
      return undefined;
    }
    return decoder
      .on('data', (data: Buffer) => this.isClosed || this.events.onData(data))
      .on('end', () => this.isClosed || this.events.onEnd())
      .on('error', (cause) => {
        const message = 'The upstream sent an answer that cannot be decoded';
        this.refuse(fail('upstream.invalid_answer', { message, cause }));
      });
  }

  private refuse(error: Error): void {
    if (this.isClosed) return;
    this.close();
    this.events.onError(error);
  }
}

/** Whatever can be decoded comes out at once, also where the rest never arrives. */
const SYNC = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

const decoderOf = (encoding: string, first: Buffer): Transform | undefined => {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip(SYNC);
  // Half the world sends it without the frame that the specification demands.
  if (encoding === 'deflate')
    return ((first[0] ?? 0) & 0x0f) === ZLIB_METHOD ? createInflate(SYNC) : createInflateRaw(SYNC);
  if (encoding === 'br')
    return createBrotliDecompress({
      flush: constants.BROTLI_OPERATION_FLUSH,
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
    });
  if (encoding === 'zstd')
    return createZstdDecompress({ flush: constants.ZSTD_e_flush, finishFlush: constants.ZSTD_e_flush });
  return undefined;
};
