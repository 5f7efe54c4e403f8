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

/** https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding : what upstreams may compress their answers with. */
export const ACCEPT_ENCODING = 'gzip, deflate, br, zstd';

/** More than one was never seen; each multiplies what a small answer can become. */
const ENCODINGS_MAX = 2;
const ZLIB_METHOD = 8;

export interface BodyDecoderEvents {
  /** As soon as it can be decoded: an event of a stream does not wait for the next one. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** Decodes the body of an answer. Whoever takes the data counts it, and closes the decoder when it is too much. */
export class BodyDecoder {
  private readonly stages: Transform[] = [];
  private isClosed = false;

  /** `undefined` for a body that is not encoded. */
  static of(header: string | string[] | undefined, events: BodyDecoderEvents): BodyDecoder | undefined {
    const encodings = String(header ?? '')
      .toLowerCase()
      .split(',')
      .map((encoding) => encoding.trim())
      .filter((encoding) => encoding !== '' && encoding !== 'identity');
    return encodings.length === 0 ? undefined : new BodyDecoder(encodings.reverse(), events);
  }

  private constructor(
    private readonly encodings: readonly string[],
    private readonly events: BodyDecoderEvents,
  ) {}

  push(chunk: Buffer): void {
    if (this.isClosed || (this.stages.length === 0 && !this.begin(chunk))) return;
    this.stages[0]?.write(chunk);
  }

  end(): void {
    if (this.isClosed) return;
    const [first] = this.stages;
    if (first === undefined) this.events.onEnd();
    else first.end();
  }

  close(): void {
    this.isClosed = true;
    for (const stage of this.stages) stage.destroy();
  }

  /** With the first bytes: what "deflate" means, only they tell. */
  private begin(chunk: Buffer): boolean {
    const made = this.encodings.slice(0, ENCODINGS_MAX).map((encoding) => decoderOf(encoding, chunk));
    const stages = made.filter((stage) => stage !== undefined);
    if (stages.length < this.encodings.length) {
      const unknown = this.encodings[made.indexOf(undefined)] ?? 'too often';
      this.refuse(
        fail('upstream.invalid_answer', {
          message: `The upstream encoded its answer unasked: ${unknown.slice(0, 32)}`,
        }),
      );
      return false;
    }
    this.stages.push(...stages);
    for (const [index, stage] of stages.entries()) {
      stage.on('error', (cause) =>
        this.refuse(
          fail('upstream.invalid_answer', { message: 'The upstream sent an answer that cannot be decoded', cause }),
        ),
      );
      const next = stages[index + 1];
      if (next !== undefined) stage.pipe(next);
      else
        stage
          .on('data', (data: Buffer) => this.isClosed || this.events.onData(data))
          .on('end', () => this.isClosed || this.events.onEnd());
    }
    return true;
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
