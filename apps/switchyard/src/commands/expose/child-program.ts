import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LineSplitter, asLine } from '../../messages/line-splitter.js';

export interface ProgramCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
}

export interface ProgramEvents {
  readonly line: (line: string) => void;
  /** It is over, and will say nothing more. */
  readonly ended: (reason: string) => void;
}

const GRACE_MS = 2_000;
const UNREAD_BYTES_MAX = 16 * 1024 * 1024;

/** A server on stdio as a process of its own, with whatever it starts. */
export class ChildProgram {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly gone: Promise<void>;
  private over = false;

  constructor({ command, args, env, cwd }: ProgramCommand, events: ProgramEvents) {
    // A group of its own, so that Ctrl-C reaches it through us, in order, and all of it can be ended.
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...env }, cwd, detached: true });
    const lines = new LineSplitter(events.line);
    this.child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
    this.child.stdin.on('error', () => {});
    this.gone = new Promise((resolve) => {
      const end = (reason: string): void => {
        resolve();
        if (this.over) return;
        this.over = true;
        events.ended(reason);
      };
      this.child.once('error', ({ message }) => end(`it cannot be started: ${message}`));
      this.child.once('close', (code, signal) => {
        lines.flush();
        end(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
      });
    });
  }

  /** False when it does not read what it is sent. */
  write(message: string): boolean {
    if (this.over || this.child.stdin.writableLength > UNREAD_BYTES_MAX) return false;
    this.child.stdin.write(asLine(message));
    return true;
  }

  /** https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#shutdown : end of input, SIGTERM, SIGKILL. */
  async end(): Promise<void> {
    this.child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.endsWithin(GRACE_MS)) break;
      this.kill(signal);
    }
    await this.gone;
    // What it started may have outlived it.
    this.kill('SIGKILL');
  }

  private async endsWithin(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ms);
    void this.gone.then(() => resolve(true));
    const inTime = await promise;
    clearTimeout(timer);
    return inTime;
  }

  private kill(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // The group is gone.
    }
  }
}
