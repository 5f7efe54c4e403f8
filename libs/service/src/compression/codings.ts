import { promisify } from 'node:util';
import {
  type BrotliOptions,
  type ZlibOptions,
  type ZstdOptions,
  brotliCompress,
  constants,
  crc32,
  gzip,
  zstdCompress,
} from 'node:zlib';
import type { Coding } from './accepted-coding.js';
import type { CompressionConfig } from './compression.config.js';

const inGzip = promisify<Buffer, ZlibOptions, Buffer>(gzip);
const inBrotli = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);
const inZstd = promisify<Buffer, ZstdOptions, Buffer>(zstdCompress);

/** The beginning of many answers, compressed once. Each of them goes on with an end of its own. */
export interface CompressedStart {
  readonly bytes: Buffer;
  /** The whole answer. `end` is short, and written as it is. */
  endedWith(end: Buffer): readonly Buffer[];
}

/** As much as fits in one block of every format. */
export const END_BYTES_MAX = 65_535;

/** Compresses, on a thread of the pool. */
export interface Encoder {
  whole(plain: Buffer): Promise<Buffer>;
  start(plain: Buffer): Promise<CompressedStart>;
}

/**
 * The start of an answer is compressed and flushed, so that it ends at the edge of a byte and of a block; each format can go
 * on there with a block that is not compressed.
 */
export const encodersOf = (config: CompressionConfig): Readonly<Record<Coding, Encoder>> => {
  const gzipLevel = { level: config.COMPRESSION_GZIP_LEVEL };
  const brotliParams = (plain: Buffer) => ({
    [constants.BROTLI_PARAM_QUALITY]: config.COMPRESSION_BROTLI_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  });
  const zstdParams = {
    [constants.ZSTD_c_compressionLevel]: config.COMPRESSION_ZSTD_LEVEL,
    // Browsers read no larger window: https://www.rfc-editor.org/rfc/rfc9659
    ...(config.COMPRESSION_ZSTD_LEVEL > WIDE_FROM_LEVEL && { [constants.ZSTD_c_windowLog]: WINDOW_LOG_MAX }),
  };
  return {
    gzip: {
      whole: (plain) => inGzip(plain, gzipLevel),
      start: async (plain) => {
        const bytes = await inGzip(plain, { ...gzipLevel, finishFlush: constants.Z_SYNC_FLUSH });
        const checksum = crc32(plain);
        return { bytes, endedWith: (end) => [bytes, gzipEnd(end, checksum, plain.length)] };
      },
    },
    br: {
      whole: (plain) => inBrotli(plain, { params: brotliParams(plain) }),
      start: async (plain) => {
        const finishFlush = constants.BROTLI_OPERATION_FLUSH;
        const bytes = await inBrotli(plain, { params: brotliParams(plain), finishFlush });
        return { bytes, endedWith: (end) => [bytes, brotliEnd(end)] };
      },
    },
    zstd: {
      whole: (plain) => inZstd(plain, { params: zstdParams, pledgedSrcSize: plain.length }),
      start: async (plain) => {
        const bytes = await inZstd(plain, { params: zstdParams, finishFlush: constants.ZSTD_e_flush });
        return { bytes, endedWith: (end) => [bytes, zstdEnd(end)] };
      },
    },
  };
};

const WINDOW_LOG_MAX = 23;
const WIDE_FROM_LEVEL = 19;

/** A stored block, the last: https://www.rfc-editor.org/rfc/rfc1951#page-11; then https://www.rfc-editor.org/rfc/rfc1952#page-8 */
const gzipEnd = (end: Buffer, checksum: number, lengthBefore: number): Buffer => {
  const { length } = end;
  const written = Buffer.allocUnsafe(length + 13);
  written[0] = 1;
  written.writeUInt16LE(length, 1);
  written.writeUInt16LE(length ^ 0xff_ff, 3);
  end.copy(written, 5);
  written.writeUInt32LE(crc32(end, checksum), length + 5);
  written.writeUInt32LE((lengthBefore + length) >>> 0, length + 9);
  return written;
};

/** An uncompressed meta-block, and an empty last one: https://www.rfc-editor.org/rfc/rfc7932#section-9.2 */
const brotliEnd = (end: Buffer): Buffer => {
  const { length } = end;
  const written = Buffer.allocUnsafe(length + 4);
  // Not the last (1 bit), four nibbles of length (2), the length less one (16), uncompressed (1).
  written.writeUIntLE(((length - 1) << 3) | (1 << 19), 0, 3);
  end.copy(written, 3);
  written[length + 3] = 3;
  return written;
};

/** A raw block, the last: https://www.rfc-editor.org/rfc/rfc8878#name-blocks */
const zstdEnd = (end: Buffer): Buffer => {
  const written = Buffer.allocUnsafe(end.length + 3);
  written.writeUIntLE((end.length << 3) | 1, 0, 3);
  end.copy(written, 3);
  return written;
};
