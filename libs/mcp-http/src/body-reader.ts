import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type GatewayError, fail } from '#libs/errors';

export interface BodyLimits {
  readonly bytesMax: number;
  /** Of all bodies that are being received at once. */
  readonly totalMax: number;
}

type Done = (error: GatewayError | null, text: string) => void;

/** Reads request bodies as text, never holding more than it may. */
export class BodyReader {
  private held = 0;

  constructor(private readonly limits: BodyLimits) {}

  /** Calls back once: with the text, or with why there is none. Not at all when the client has gone. */
  read(request: IncomingMessage, done: Done): void {
    const declared = request.headers['content-length'];
    if (declared !== undefined && Number(declared) > this.limits.bytesMax) return done(fail('http.body_too_large'), '');
    let chunks: Buffer[] | null = [];
    let bytes = 0;
    const release = (): void => {
      this.held -= bytes;
      chunks = null;
    };
    request.on('data', (chunk: Buffer) => {
      if (chunks === null) return;
      if (bytes === 0) request.once('close', () => chunks !== null && release());
      bytes += chunk.length;
      this.held += chunk.length;
      chunks.push(chunk);
      if (bytes <= this.limits.bytesMax && this.held <= this.limits.totalMax) return;
      release();
      done(fail(bytes > this.limits.bytesMax ? 'http.body_too_large' : 'http.overloaded'), '');
    });
    request.on('end', () => {
      if (chunks === null) return;
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
      release();
      if (isUtf8(body)) done(null, body.toString('utf8'));
      else done(fail('mcp.malformed_json', { message: 'The body is not valid UTF-8' }), '');
    });
  }
}
