import { type ConfigOf, flag, integer } from '#libs/config';

/** How answers are compressed, in every service. */
export const compressionOptions = {
  COMPRESSION_ENABLED: flag(
    true,
    'Whether answers are compressed for clients that take it (`Accept-Encoding`: br, zstd, gzip): lists and other answers to GET, lists of MCP, results from 32 KiB on. Never event streams, errors, or answers of `/auth` and `/oauth`.',
  ),
  COMPRESSION_MINIMUM_SIZE: integer(500, 'Bytes from which on an answer is compressed.', { max: 1_048_576 }),
  COMPRESSION_GZIP_LEVEL: integer(6, 'How hard gzip tries, 1 (fast) to 9 (small).', { min: 1, max: 9 }),
  COMPRESSION_BROTLI_QUALITY: integer(
    4,
    'How hard brotli tries, 0 (fast) to 11 (small, and a hundred times as long).',
    {
      max: 11,
    },
  ),
  COMPRESSION_ZSTD_LEVEL: integer(3, 'How hard zstd tries, 1 (fast) to 22 (small, and many times the memory).', {
    min: 1,
    max: 22,
  }),
};

export type CompressionConfig = ConfigOf<typeof compressionOptions>;
