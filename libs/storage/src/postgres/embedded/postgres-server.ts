import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from '#libs/errors';
import { Backoff, type BackoffSettings } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import { endOfLog, ended, openLog } from './cluster.js';
import { type DataHome, closeSocketDir } from './data-home.js';
import { release } from './owner.js';
import type { PostgresPrograms } from './postgres-programs.js';
import { isReady, stopOrphan, stopProcess } from './postmaster.js';
import { type Runner, bareEnvironment } from './runner.js';

const READY_WITHIN_MS = 30_000;
const RESTART: BackoffSettings = { firstMs: 50, maxMs: 5_000 };
/** Backends of a killed postmaster need a moment to notice. */
const SHARED_MEMORY_WAIT_MS = 5_000;

/** The running server: started again when it dies, until it is stopped. */
export class PostgresServer {
  private child: ChildProcess | undefined;
  private watcher: ChildProcess | undefined;
  private stopping: Promise<void> | undefined;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly home: DataHome,
    private readonly programs: PostgresPrograms,
    private readonly socketDir: string,
    private readonly user: Runner,
    private readonly logger: Logger,
  ) {}

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('postgres is not running');
    return this.child.pid;
  }

  async start(): Promise<void> {
    const giveUpAt = Date.now() + SHARED_MEMORY_WAIT_MS;
    for (;;) {
      const child = this.spawnPostmaster();
      const reason = await this.untilReady(child);
      if (reason === null) return this.watchOver(child);
      if (!reason.includes('pre-existing shared memory block') || Date.now() > giveUpAt) {
        throw fail('platform.not_ready', { message: `The embedded PostgreSQL did not start: ${reason}` });
      }
      await sleep(50);
    }
  }

  private spawnPostmaster(): ChildProcess {
    const log = openLog(this.home, this.user);
    // Detached: Ctrl-C in a terminal reaches the whole foreground group, and the database has to outlive the drain.
    const child = spawn(path.join(this.programs.bin, 'postgres'), ['-D', this.home.data, ...this.settings()], {
      ...this.user,
      cwd: this.home.root,
      env: bareEnvironment(),
      stdio: ['ignore', log, log],
      detached: true,
    });
    fs.closeSync(log);
    child.unref();
    return child;
  }

  private settings(): string[] {
    const settings: Record<string, string> = {
      listen_addresses: '',
      unix_socket_directories: `"${this.socketDir.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
      max_connections: '200',
      shared_buffers: '64MB',
      max_wal_size: '256MB',
      jit: 'off',
      log_timezone: 'UTC',
      timezone: 'UTC',
      // After a crash: one call instead of one for each file.
      ...(process.platform === 'linux' && { recovery_init_sync_method: 'syncfs' }),
      // Ends statements whose asker has gone; it matters where a killed service left a long one behind.
      client_connection_check_interval: '1s',
      // PostgreSQL 18 would keep three reading processes for what is a small database.
      ...(this.programs.major >= 18 && { io_method: 'sync' }),
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }

  /** Null once it takes connections, else the reason why it ended. */
  private async untilReady(child: ChildProcess): Promise<string | null> {
    const end = ended(child);
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    while (Date.now() < giveUpAt) {
      if (child.pid !== undefined && isReady(this.home.data, child.pid)) return null;
      const code = await Promise.race([end, sleep(5, null)]);
      if (code !== null) return `exit code ${code}: ${endOfLog(this.home)}`;
    }
    if (child.pid !== undefined) await stopProcess(child.pid);
    return `not ready in time: ${endOfLog(this.home)}`;
  }

  private watchOver(child: ChildProcess): void {
    this.child = child;
    this.watcher = this.spawnWatcher(child.pid as number);
    child.once('exit', (code, signal) => {
      this.endWatcher();
      if (this.stopping) return;
      this.logger.error({ code, signal }, 'the embedded postgres has died; starting it again');
      this.restarting = this.restart();
    });
    if (child.exitCode !== null || child.signalCode !== null) child.emit('exit', child.exitCode, child.signalCode);
  }

  private async restart(): Promise<void> {
    const backoff = new Backoff(RESTART);
    while (!this.stopping) {
      try {
        await stopOrphan(this.home.data, this.logger);
        await this.start();
        this.logger.info('the embedded postgres runs again');
        return;
      } catch (error) {
        this.logger.error({ err: error }, 'the embedded postgres did not start again');
        await sleep(backoff.failed());
      }
    }
  }

  /** A shell that waits for this process to go (its end of the pipe closes, however it dies) and then stops postgres. */
  private spawnWatcher(pid: number): ChildProcess {
    const watcher = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -INT "$1"', 'watcher', String(pid)], {
      ...this.user,
      cwd: '/',
      env: bareEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watcher.once('error', (error) =>
      this.logger.warn({ err: error }, 'nothing will stop postgres if this process is killed'),
    );
    watcher.unref();
    (watcher.stdin as unknown as { unref(): void } | null)?.unref();
    return watcher;
  }

  private endWatcher(): void {
    const pid = this.watcher?.pid;
    this.watcher = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    await this.restarting;
    this.endWatcher();
    const { child } = this;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = ended(child);
      child.ref();
      await Promise.all([stopProcess(child.pid), gone]);
    }
    closeSocketDir(this.home);
    release(this.home.owner);
  }
}
