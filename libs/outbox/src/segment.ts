import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/**
 * One append-only file of a spool. What `append` returned from is in the page cache and outlives the process; it is
 * not synced to the disk, so a power cut may take the last seconds.
 */
export class Segment {
  bytes = 0;
  /** Settled records in here that metrics has not acknowledged. */
  unacknowledged = 0;
  /** Calls whose last `B` line is in here and that have not settled. */
  open = 0;
  private readonly fd: number;
  private sealed = false;

  constructor(readonly file: string) {
    this.fd = openSync(file, 'ax+', 0o600);
  }

  /** Throws what the file system says; then the file is as it was before. */
  append(line: string): void {
    let written = 0;
    try {
      written = writeSync(this.fd, line);
      // A full disk may take half a line without an error.
      if (written !== Buffer.byteLength(line)) throw new Error('short write');
      this.bytes += written;
    } catch (error) {
      ftruncateSync(this.fd, this.bytes);
      throw error;
    }
  }

  /** Whole lines from `offset` on, about `bytesMax` of them. */
  read(offset: number, bytesMax: number): { readonly lines: string[]; readonly nextOffset: number } {
    const buffer = Buffer.allocUnsafe(Math.min(bytesMax, this.bytes - offset));
    const count = readSync(this.fd, buffer, 0, buffer.length, offset);
    const end = buffer.subarray(0, count).lastIndexOf(0x0a) + 1;
    const lines = buffer.toString('utf8', 0, end).split('\n');
    lines.pop();
    return { lines, nextOffset: end === 0 ? this.bytes : offset + end };
  }

  clear(): void {
    ftruncateSync(this.fd, 0);
    this.bytes = 0;
  }

  remove(): void {
    if (this.sealed) return;
    this.sealed = true;
    closeSync(this.fd);
    rmSync(this.file, { force: true });
  }

  close(): void {
    if (this.sealed) return;
    this.sealed = true;
    closeSync(this.fd);
  }
}
