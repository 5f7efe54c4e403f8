import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type GatewayError, fail } from '#libs/errors';

export interface BodyLimits {
  readonly bytesMax: number;
  /** Of all bodies that are being received at once. */
  readonly totalMax: number;
}

/** Reads request bodies as text, never holding more than it may. */
export class BodyReader {
  private held = 0;

  constructor(private readonly limits: BodyLimits) {}

  /** Calls back once: with the text, or with why there is none. Not at all when the client has gone. */
  read(request: IncomingMessage, done: (error: GatewayError | null, text: string) => void): void {
    const declared = request.headers['content-length'];
    if (declared !== undefined && Number(declared) > this.limits.bytesMax) return done(fail('http.body_too_large'), '');
    const chunks: Buffer[] = [];
    let bytes = 0;
    let finished = false;
    const finish = (error: GatewayError | null, text: string): void => {
      if (finished) return;
      finished = true;
      this.held -= bytes;
      done(error, text);
    };
    request.on('data', (chunk: Buffer) => {
      if (finished) return;
      bytes += chunk.length;
      this.held += chunk.length;
      if (bytes > this.limits.bytesMax) finish(fail('http.body_too_large'), '');
      else if (this.held > this.limits.totalMax) finish(fail('http.overloaded'), '');
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
      if (isUtf8(body)) finish(null, body.toString('utf8'));
      else finish(fail('mcp.malformed_json', { message: 'The body is not valid UTF-8' }), '');
    });
    request.on('close', () => {
      if (finished) return;
      finished = true;
      this.held -= bytes;
    });
  }
}
