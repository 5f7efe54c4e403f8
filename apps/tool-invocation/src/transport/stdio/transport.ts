import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProgramLine } from '#contracts/tool-invocation/health/program-wrote.event';
import { fail, toGatewayError } from '#libs/errors';
import { backoffMs } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import type { Settings } from '../../tool-invocation.settings.js';
import type { Access, ChannelEvents, Transport } from '../channel.js';
import { OperatorReason, withReason } from '../reason.js';
import type { Sandbox } from './sandbox/sandbox.js';
import { StdioChannel } from './channel.js';
import { type Clean, type ProgramNotes, withoutValues } from './program-notes.js';

/** How many child processes this instance has and may have. */
export class ProcessQuota {
  running = 0;
  constructor(readonly max: number) {}
}

export interface StdioCommand {
  readonly upstreamId: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Null: a folder of its own. */
  readonly cwd: string | null;
}

/** A child that dies younger than this was not well; the next one has to wait. */
const INFANCY_MS = 5_000;
const RETRY = { firstMs: 250, maxMs: 30_000 };

/** MCP over the pipes of child processes: each channel is a process of its own. */
export class StdioTransport implements Transport {
  private readonly channels = new Set<StdioChannel>();
  private infantDeaths = 0;

  constructor(
    private readonly spec: StdioCommand,
    private readonly settings: Settings,
    private readonly quota: ProcessQuota,
    private readonly sandbox: Sandbox,
    private readonly notes: Pick<ProgramNotes, 'note'>,
    private readonly logger: Logger,
  ) {
    const { enabled, commandsAllowed } = settings.stdio;
    if (!enabled) throw refused('stdio upstreams are not enabled');
    if (commandsAllowed.length > 0 && !commandsAllowed.includes(spec.command))
      throw refused('its command is not allowed');
    if (spec.command === '' || [spec.command, spec.cwd ?? '', ...spec.args].some((part) => part.includes('\0'))) {
      throw refused('its command is not valid');
    }
  }

  async open(access: Access, events: ChannelEvents): Promise<StdioChannel> {
    if (this.infantDeaths > 0) {
      await delay(backoffMs(this.infantDeaths, RETRY), undefined, { ref: false });
    }
    if (this.quota.running >= this.quota.max) {
      throw fail('upstream.busy', { message: 'The gateway runs as many processes as it may', executed: 'no' });
    }
    this.quota.running++;
    const { upstreamId: id, name } = this.spec;
    const withoutEnv = withoutValues(access.env);
    const clean: Clean = (text) => withoutEnv(access.redact(text));
    const note = (kind: ProgramLine['kind'], text: string): void => this.notes.note(id, kind, text, clean);
    const child = await this.start(access).catch((error: unknown) => {
      this.quota.running--;
      this.infantDeaths++;
      note('ended', withReason(toGatewayError(error)).message);
      throw error;
    });
    const startedAt = performance.now();
    note('started', `process ${child.pid}`);
    const channel = new StdioChannel(
      child,
      { id, name, note, clean },
      this.settings,
      access.redact,
      this.logger,
      events,
    );
    this.channels.add(channel);
    child.once('exit', () => {
      this.quota.running--;
      this.channels.delete(channel);
      if (performance.now() - startedAt >= INFANCY_MS) this.infantDeaths = 0;
      else if (!channel.closing) this.infantDeaths++;
    });
    return channel;
  }

  async close(): Promise<void> {
    await Promise.all([...this.channels].map((channel) => channel.close()));
  }

  private async start(access: Access): Promise<ChildProcessWithoutNullStreams> {
    const args = access.args ?? this.spec.args;
    const { file, args: all, env, cwd, user } = await this.sandbox.prepare({ ...this.spec, args, env: access.env });
    return new Promise((resolve, reject) => {
      const notStarted = (cause: unknown) =>
        reject(
          fail('upstream.unreachable', {
            message: 'The command of the upstream cannot be started',
            executed: 'no',
            cause: existsSync(cwd) ? cause : new OperatorReason(`there is no folder ${cwd}`),
          }),
        );
      let child: ChildProcessWithoutNullStreams;
      try {
        // A group of its own, so that what it starts in turn ends with it.
        child = spawn(file, [...all], {
          cwd,
          env,
          ...user,
          stdio: 'pipe',
          shell: false,
          detached: true,
          windowsHide: true,
        });
      } catch (error) {
        return notStarted(error);
      }
      child.once('error', notStarted);
      child.once('spawn', () => resolve(child));
    });
  }
}

const refused = (reason: string) =>
  fail('upstream.refused', { message: `This upstream may not be reached from here: ${reason}`, executed: 'no' });
