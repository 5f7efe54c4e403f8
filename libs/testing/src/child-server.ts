import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Resolves once the server can be used; called again and again until it does. */
  readonly probe: () => Promise<void>;
  readonly readyWithinMs?: number;
}

/** What is kept of a server's output: the newest of it, enough for a test to read in what was logged since the start. */
const PRINTED_BYTES_MAX = 1_000_000;

/** A server in a process of its own, which a test may kill, pause and start again. Signals go to its pid alone. */
export class ChildServer {
  private child: ChildProcess | undefined;
  private readonly printed: Buffer[] = [];
  private printedBytes = 0;

  constructor(private readonly options: ChildServerOptions) {}

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.options.command} is not running`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The newest of what it has printed, for a test to read or, when it fails, to show. */
  get output(): string {
    return Buffer.concat(this.printed).toString();
  }

  async start(): Promise<void> {
    const { command, args, env, cwd, probe, readyWithinMs = 120_000 } = this.options;
    const spawnOptions: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], ...(env && { env }), ...(cwd && { cwd }) };
    const child = spawn(command, args, spawnOptions);
    this.child = child;
    const keep = (chunk: Buffer): void => {
      this.printed.push(chunk);
      this.printedBytes += chunk.length;
      while (this.printedBytes > PRINTED_BYTES_MAX) this.printedBytes -= this.printed.shift()?.length ?? 0;
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    const giveUpAtMs = Date.now() + readyWithinMs;
    for (;;) {
      if (failure) throw failure;
      if (!this.running) throw new Error(`${command} ended while it started, with ${this.ending}:\n${this.output}`);
      try {
        return await probe();
      } catch (error) {
        if (Date.now() > giveUpAtMs) {
          await this.kill();
          throw new Error(`${command} is not ready after ${readyWithinMs} ms:\n${this.output}`, { cause: error });
        }
      }
      await sleep(20);
    }
  }

  private get ending(): string {
    return this.child?.signalCode ?? `code ${this.child?.exitCode}`;
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Asks it to stop; by force after `withinMs`. Gives the exit code, null where it did not end by itself. */
  async stop(withinMs = 60_000): Promise<number | null> {
    const force = setTimeout(() => this.running && this.child?.kill('SIGKILL'), withinMs);
    await this.end('SIGTERM');
    clearTimeout(force);
    return this.child?.exitCode ?? null;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || !this.running) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    // A paused process takes other signals only when it goes on.
    child.kill('SIGCONT');
    await gone;
  }
}

/** Rejects until somebody listens on the port. */
export const canConnect = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
