import { readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import type { ChildServer } from '#libs/testing';

/** Lets the process open the inspector on a port of its own choice. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** A Node process looked into from outside, through its inspector and `/proc`. */
export class InspectedProcess {
  private lastId = 0;

  private constructor(
    private readonly pid: number,
    private readonly socket: WebSocket,
  ) {}

  static async of(server: ChildServer): Promise<InspectedProcess> {
    const url = /Debugger listening on (ws:\S+)/.exec(server.output)?.[1];
    if (url === undefined) throw new Error('The process was not started with INSPECTABLE');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new InspectedProcess(server.pid, socket);
  }

  /** Bytes of what is in use. What one collection finalises, the next one frees; each stops the process for a moment. */
  async heapBytes(collections = 3): Promise<number> {
    for (let turn = 0; turn < collections; turn++) await this.command('HeapProfiler.collectGarbage');
    return (await this.command<{ usedSize: number }>('Runtime.getHeapUsage')).usedSize;
  }

  /** How many sockets, pipes and files are open. */
  get files(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** The names of the processes that this one has started, but for its database. */
  get children(): string[] {
    return readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return [];
      try {
        const [, name = '', parent] = /\((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(parent) === this.pid && name !== 'postgres' ? [`${pid} ${name}`] : [];
      } catch {
        return [];
      }
    });
  }

  close(): void {
    this.socket.close();
  }

  private async command<Result>(method: string): Promise<Result> {
    const id = ++this.lastId;
    const { promise, resolve } = Promise.withResolvers<Result>();
    const hear = ({ data }: MessageEvent): void => {
      const answer = JSON.parse(String(data)) as { id?: number; result: Result };
      if (answer.id !== id) return;
      this.socket.removeEventListener('message', hear);
      resolve(answer.result);
    };
    this.socket.addEventListener('message', hear);
    this.socket.send(JSON.stringify({ id, method }));
    return promise;
  }
}
