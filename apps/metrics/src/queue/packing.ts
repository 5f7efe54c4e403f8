import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A piece of work for zlib's threads: a batch is one, instead of twenty. */
const CHUNK_BYTES = 512 * 1024;

const FAST = { chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Some ten thousand records of the longest kind. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;
const UNPACKING = { chunkSize: CHUNK_BYTES, maxOutputLength: UNPACKED_BYTES_MAX };

/** Records of a batch resemble each other: packed they take a fifth, in the memory of Redis or the log of PostgreSQL. */
export const pack = async (text: string): Promise<string> => (await compress(text, FAST)).toString('base64');

export const unpack = async (packed: string): Promise<string> =>
  (await decompress(Buffer.from(packed, 'base64'), UNPACKING)).toString();
