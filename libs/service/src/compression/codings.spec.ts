import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { CODINGS } from './accepted-coding.js';
import { END_BYTES_MAX, encodersOf } from './codings.js';
import { compressionOptions } from './compression.config.js';
import { Compressor } from './compressor.js';

const decoders = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
const encoders = encodersOf(parseConfig(compressionOptions, {}));
const STARTS = {
  'a few bytes': Buffer.from('{"result":'),
  'a text of 300 KB': Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, at) => ({ name: `ünit ${at}` })))),
  '2 MB that cannot be compressed': randomBytes(2_000_000),
};

describe.each(CODINGS)('answers in %s', (coding) => {
  it.each(Object.entries(STARTS))(
    'a start that is kept reads as one text with each end when it is %s',
    async (_, start) => {
      const kept = await encoders[coding].start(start);
      for (const length of [1, 2, 300, END_BYTES_MAX]) {
        const end = randomBytes(length);
        const read = decoders[coding](Buffer.concat(kept.endedWith(end)));
        expect(read.equals(Buffer.concat([start, end]))).toBe(true);
      }
    },
  );

  it.each(Object.entries(STARTS))('an answer reads as it was when it is %s', async (_, plain) => {
    expect(decoders[coding](await encoders[coding].whole(plain)).equals(plain)).toBe(true);
  });

  it('an answer is smaller when more effort is set', async () => {
    const [fast, small] = [
      { COMPRESSION_GZIP_LEVEL: '1', COMPRESSION_BROTLI_QUALITY: '0', COMPRESSION_ZSTD_LEVEL: '1' },
      { COMPRESSION_GZIP_LEVEL: '9', COMPRESSION_BROTLI_QUALITY: '11', COMPRESSION_ZSTD_LEVEL: '22' },
    ].map((env) => encodersOf(parseConfig(compressionOptions, env))[coding].whole(STARTS['a text of 300 KB']));
    expect((await small)?.length).toBeLessThan((await fast)?.length ?? 0);
  });
});

describe('what is compressed', () => {
  const headers = { 'accept-encoding': 'gzip, br, zstd' };
  const compressor = (env: Record<string, string> = {}) => new Compressor(parseConfig(compressionOptions, env));

  it('an answer is compressed with what is soonest done, and what is kept with what is smallest, when all are taken', () => {
    expect(compressor().chosen(headers, 1_000)).toBe('zstd');
    expect(compressor().chosenToKeep(headers, 1_000)).toBe('br');
  });

  it('an answer is left as it is when it is short, too long, or compression is off', () => {
    expect(compressor().chosen(headers, 499)).toBeNull();
    expect(compressor().chosen(headers, 500)).toBe('zstd');
    expect(compressor().chosen(headers, 600, 601)).toBeNull();
    expect(compressor({ COMPRESSION_MINIMUM_SIZE: '50' }).chosen(headers, 50)).toBe('zstd');
    expect(compressor().chosen(headers, 17 * 1024 * 1024)).toBeNull();
    expect(compressor({ COMPRESSION_ENABLED: 'false' }).chosen(headers, 5_000)).toBeNull();
  });

  it('an answer is compressed however short it is when its client refuses it as it is', () => {
    expect(compressor().chosen({ 'accept-encoding': 'gzip, identity;q=0' }, 2)).toBe('gzip');
    expect(compressor().chosen({ 'accept-encoding': 'identity;q=0' }, 5_000)).toBeNull();
  });

  it('answers leave as they are when many are being compressed, until those are done', async () => {
    const busy = compressor();
    const running = Array.from({ length: 12 }, () => busy.compressed('gzip', Buffer.alloc(100_000)));
    expect(running.filter((each) => each !== null)).toHaveLength(8);
    await Promise.all(running.map((each) => each ?? Promise.resolve(null)));
    expect(busy.compressed('gzip', Buffer.alloc(10))).not.toBeNull();
  });
});
